import { type Command, InvalidArgumentError, Option } from 'commander';
import { FILE_KINDS } from '../common/read-format';
import type { ReadOptions } from '../engine/series';
import { wholeNumber } from './commands/models-options';

/** Extensions of the files that are read, for the help; those of text may be compressed. */
export const SERIES_KINDS = `${FILE_KINDS.map((kind) => `.${kind}`).join(' ')}, text also as .gz`;

/** What the read flags of a command line hold; all are optional, and what is left out is detected. */
export interface ReadFlags {
  kind?: ReadOptions['kind'];
  delimiter?: ReadOptions['delimiter'];
  decimal?: ReadOptions['decimal'];
  header?: boolean;
  labelColumn?: ReadOptions['labels'];
  ignoreColumns?: ReadOptions['ignoredColumns'];
  columns?: ReadOptions['columns'];
  channel?: ReadOptions['channel'];
  missing?: string[];
}

const DELIMITERS: Record<string, ReadOptions['delimiter']> = {
  ',': ',',
  comma: ',',
  ';': ';',
  semicolon: ';',
  '\t': '\t',
  tab: '\t',
  '|': '|',
  bar: '|',
  ' ': ' ',
  space: ' ',
};

/** Adds the flags that say how a series file is read, to every command that reads one. */
export function addReadFlags(command: Command): Command {
  const add = (option: Option): void => {
    command.addOption(option.helpGroup('How to read the series file (detected unless given):'));
  };
  add(new Option('--kind <kind>', 'format of the file').choices(FILE_KINDS));
  add(
    new Option(
      '--delimiter <sign>',
      'delimiter between values: comma, semicolon, tab, bar, space, or the sign itself',
    ).argParser((text) => {
      const delimiter = DELIMITERS[text.toLowerCase()];
      if (!delimiter)
        throw new InvalidArgumentError(
          `Expected one of ${Object.keys(DELIMITERS)
            .filter((s) => s.length > 1)
            .join(', ')}.`,
        );
      return delimiter;
    }),
  );
  add(
    new Option(
      '--label-column <place>',
      'column of the labels: first, last, none, a number from 1, or a name in the header',
    ).argParser(parseLabelPlace),
  );
  add(
    new Option(
      '--ignore-columns <columns>',
      'columns to leave out, by number from 1 or name in the header, separated by commas; none keeps them all',
    ).argParser(parseColumns),
  );
  add(
    new Option(
      '--columns <columns>',
      'columns of the values: from the first to the last, as A:Z or 2:97, or a list separated by commas',
    ).argParser(parseChoice),
  );
  add(new Option('--header', 'the first row names the columns'));
  add(new Option('--no-header', 'the first row is data'));
  add(new Option('--decimal <mark>', 'mark between whole and fractional digits').choices(['.', ',']));
  add(
    new Option(
      '--channel <name|n>',
      'channel of a multivariate file: its name where the file gives names, or its number from 1',
    ).argParser(parseChannel),
  );
  add(
    new Option('--missing <token>', 'another token that means a missing value; can be repeated').argParser(
      (text, others: string[] = []) => [...others, text],
    ),
  );
  return command;
}

function parseLabelPlace(text: string): ReadOptions['labels'] {
  if (text === 'auto' || text === 'none' || text === 'first' || text === 'last') return text;
  if (/^\d+$/.test(text)) return wholeNumber(1)(text);
  if (text === '') throw new InvalidArgumentError('Expected first, last, none, a column number or a name.');
  return { name: text };
}

/** A number, from 1, or a name. */
const columnRef = (text: string): number | string => (/^[1-9]\d*$/.test(text) ? Number(text) : text);

function parseChannel(text: string): number | string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected the name of a channel or its number, from 1.');
  return /^-?\d+$/.test(text) ? wholeNumber(1)(text) : text;
}

function parseColumns(text: string): (number | string)[] {
  if (text.trim() === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Expected column numbers or names separated by commas.');
  return names.map(columnRef);
}

function parseChoice(text: string): ReadOptions['columns'] {
  const [from, to, more] = text.split(':').map((name) => name.trim());
  if (to === undefined) return parseColumns(text);
  if (from && to && more === undefined) return { from: columnRef(from), to: columnRef(to) };
  throw new InvalidArgumentError('Expected the first and the last column, as A:Z, or a list separated by commas.');
}

/** The engine's read options; only what was given, so that they can be kept as JSON. */
export function readOptionsOf(flags: ReadFlags): ReadOptions {
  const { labelColumn: labels, ignoreColumns: ignoredColumns, ...same } = flags;
  const { kind, delimiter, decimal, header, columns, channel, missing } = same;
  const given = Object.entries({ kind, delimiter, decimal, header, labels, ignoredColumns, columns, channel, missing });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as ReadOptions;
}
