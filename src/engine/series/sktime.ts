import { channelNote, chosenChannel } from './channel';
import { listed, normalizeLabel } from './labels';
import type { SeriesReader } from './reader';
import type { SeriesBuilder } from './series-builder';
import { SeriesFileError, shown } from './series-error';
import type { Line } from './sniff';
import { TimeStamps } from './time-stamps';
import type { LabelPlace, ReadFormat, ReadOptions } from './types';
import { ValueParser } from './value-parser';

/** What the @ lines say; null where they say nothing. */
interface Header {
  timeStamps: boolean | null;
  univariate: boolean | null;
  dimensions: number | null;
  equalLength: boolean | null;
  seriesLength: { text: string | undefined; row: number } | null;
  labeled: boolean | null;
  /** declared class labels; null if none are listed */
  classLabels: Set<string> | null;
}

/**
 * Reader of the .ts format of sktime and aeon: lines of # or % comments, @ keys in any letter case, then one case a line with
 * channels separated by ":" and values by ","; the label is last. Values may carry time stamps, as (stamp,value).
 */
export class SktimeReader implements SeriesReader {
  readonly #header: Header = {
    timeStamps: null,
    univariate: null,
    dimensions: null,
    equalLength: null,
    seriesLength: null,
    labeled: null,
    classLabels: null,
  };
  readonly #values: ValueParser;
  readonly #wanted: ReadOptions['channel'];
  readonly #dropLabels: boolean;
  readonly #missing: string[];
  readonly #notes: string[] = [];
  #stamps: TimeStamps | null = null;
  #inData = false;
  #channels = 0;
  #channel = 0;
  #labeled = false;
  #firstLength = 0;
  #firstRow = 0;
  #width = 0;

  constructor(
    readonly file: string,
    options: ReadOptions,
    readonly builder: SeriesBuilder,
  ) {
    this.#values = new ValueParser(file, '.', options.missing);
    this.#wanted = options.channel;
    this.#missing = options.missing ?? [];
    this.#dropLabels = dropsLabels(options.labels ?? 'auto', file);
  }

  format(): Omit<ReadFormat, 'encoding'> {
    const labels = this.#labeled && !this.#dropLabels ? 'last' : 'none';
    return {
      kind: 'ts',
      delimiter: ',',
      decimal: '.',
      header: true,
      columnNames: null,
      labels,
      labelColumn: labels === 'last' && this.#header.equalLength && this.#width > 0 ? this.#width : null,
      ignoredColumns: [],
      valueColumns: null,
      missing: this.#missing,
      channel: this.#channel + 1,
      channels: Math.max(1, this.#channels),
      channelNames: null,
      timeStamps: this.#stamps !== null,
    };
  }

  line(text: string, row: number): void {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('%')) return;
    if (this.#inData) this.#case(trimmed, row);
    else this.#key(trimmed, row);
  }

  cells({ text }: Line): string[] | null {
    const trimmed = text.trim();
    if (!this.#inData || trimmed === '' || /^[#%@]/.test(trimmed)) return null;
    const parts = splitChannels(trimmed);
    const label = this.#labeled ? parts.pop() : undefined;
    const channel = parts[this.#channel] ?? '';
    const values = channel.startsWith('(') ? channel.split(/,(?=\()/) : channel.split(',');
    return label === undefined ? values : [...values, label];
  }

  finish(): void {
    if (!this.#inData)
      throw new SeriesFileError(
        'series.header',
        { file: this.file },
        'expected a line "@data" before the series, found none.',
      );
    if (this.builder.series.length === 0)
      throw new SeriesFileError('series.empty', { file: this.file }, 'expected series after "@data", found none.');
  }

  notes(): string[] {
    const notes = [...this.#notes];
    const note = channelNote(this.#channel, { count: this.#channels, names: null });
    if (note !== null) notes.push(note);
    const declared = Number(this.#header.seriesLength?.text ?? this.#firstLength);
    if (this.#header.equalLength && this.#firstRow > 0 && this.#firstLength !== declared)
      notes.push(`The header says "@seriesLength ${declared}", but the series have ${this.#firstLength} values.`);
    return [...notes, ...(this.#stamps?.notes() ?? [])];
  }

  #key(line: string, row: number): void {
    const [key, ...rest] = line.split(/\s+/);
    const header = this.#header;
    const flag = (): boolean => {
      const value = rest[0]?.toLowerCase();
      if (value === 'true' || value === 'false') return value === 'true';
      throw this.#headerError(row, `"${key}" to be followed by true or false`, rest[0]);
    };
    const count = (): number => {
      const value = Number(rest[0]);
      if (Number.isInteger(value) && value > 0) return value;
      throw this.#headerError(row, `"${key}" to be followed by a whole number above zero`, rest[0]);
    };
    switch (key.toLowerCase()) {
      case '@timestamps':
        header.timeStamps = flag();
        break;
      case '@univariate':
        header.univariate = flag();
        break;
      case '@dimension':
      case '@dimensions':
        header.dimensions = count();
        break;
      case '@equallength':
        header.equalLength = flag();
        break;
      case '@serieslength':
        // What it means depends on @equalLength, which may follow.
        header.seriesLength = { text: rest[0], row };
        break;
      case '@classlabel':
        header.labeled = flag();
        if (header.labeled && rest.length > 1)
          header.classLabels = new Set(rest.slice(1).map((label) => normalizeLabel(label) ?? '?'));
        break;
      case '@targetlabel':
        if (!flag()) break;
        throw new SeriesFileError(
          'series.header',
          { file: this.file, row },
          'the file is a regression problem ("@targetLabel true"). V2S is a classifier and needs "@classLabel true" with class labels.',
        );
      case '@data':
        if (rest.some((word) => word !== '') && !/^[#%]/.test(rest[0]))
          throw this.#headerError(
            row,
            'nothing after "@data" on its line (the first series begins on a line of its own)',
            rest.join(' '),
          );
        this.#requireLength();
        this.#inData = true;
        break;
      default:
        // @problemName, @missing and keys of later versions change nothing in how the rows are read.
        if (!key.startsWith('@'))
          throw this.#headerError(row, 'a header line beginning with "@" or the line "@data"', line);
    }
  }

  /** Series of equal length have a length; of others the key says nothing, whatever its writer put there (-1, 0, "?"). */
  #requireLength(): void {
    const { seriesLength, equalLength } = this.#header;
    if (!seriesLength || equalLength === false) return;
    const value = Number(seriesLength.text);
    if (Number.isInteger(value) && value > 0) return;
    // Without @equalLength a writer that knows no length is believed.
    if (equalLength === null && value <= 0) return;
    throw this.#headerError(
      seriesLength.row,
      '"@seriesLength" to be followed by a whole number above zero',
      seriesLength.text,
    );
  }

  #headerError(row: number, expected: string, found: string | undefined): SeriesFileError {
    return new SeriesFileError(
      'series.header',
      { file: this.file, row },
      `expected ${expected}, found ${found === undefined ? 'nothing' : shown(found)}.`,
    );
  }

  #case(line: string, row: number): void {
    const parts = splitChannels(line);
    if (this.#firstRow === 0) this.#begin(parts, row);
    const expected = this.#channels + (this.#labeled ? 1 : 0);
    if (parts.length !== expected)
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        this.#labeled
          ? `expected ${expected} parts separated by ":" (channels, then the label), found ${parts.length}.`
          : `expected ${expected} parts separated by ":" (channels without a label), found ${parts.length}.`,
      );
    const labelText = this.#labeled ? parts.pop()! : null;
    const length = this.#channelValues(parts, row);
    const width = parts.reduce((sum, part, i) => sum + (i === this.#channel ? length : part.split(',').length), 0);
    if (this.#firstRow === 0) {
      this.#firstRow = row;
      this.#firstLength = length;
      this.#width = width + 1;
    } else if (this.#header.equalLength && length !== this.#firstLength) {
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        `expected ${this.#firstLength} values as in row ${this.#firstRow} (the header says "@equalLength true"), found ${length}.`,
      );
    }
    const label = labelText === null ? null : this.#label(labelText, row, width + 1);
    this.builder.add(
      this.#values.values,
      this.#values.count,
      this.#dropLabels ? null : label,
      row,
      this.#values.columnOf,
    );
  }

  /** Settles channels, label and time stamps by the header and the first case. */
  #begin(parts: readonly string[], row: number): void {
    const { labeled, univariate, dimensions, timeStamps } = this.#header;
    const declared = dimensions ?? (univariate ? 1 : null);
    if (labeled !== null) this.#labeled = labeled;
    else if (declared !== null && (parts.length === declared || parts.length === declared + 1))
      this.#labeled = parts.length > declared;
    else
      throw this.#headerError(
        row,
        'a header line "@classLabel true" or "@classLabel false" before the data',
        undefined,
      );
    this.#channels = declared ?? Math.max(1, parts.length - (this.#labeled ? 1 : 0));
    this.#channel = chosenChannel(this.#wanted, { count: this.#channels, names: null }, this.file, row);
    if (timeStamps ?? parts[this.#channel]?.trimStart().startsWith('(')) this.#stamps = new TimeStamps(this.file);
  }

  /** Parses the chosen channel. @returns the number of its values */
  #channelValues(parts: readonly string[], row: number): number {
    let column = 1;
    for (let i = 0; i < this.#channel; i++) column += parts[i].split(',').length;
    const values = this.#values;
    values.begin();
    const text = parts[this.#channel];
    if (this.#stamps) {
      this.#stamps.read(text, row, column, (cell, at) => values.push(cell, row, at));
    } else {
      for (const cell of text.split(',')) values.push(cell, row, column++);
    }
    return values.count;
  }

  #label(text: string, row: number, column: number): string | null {
    const label = normalizeLabel(text);
    const { classLabels } = this.#header;
    if (label === null || !classLabels || classLabels.has(label)) return label;
    throw new SeriesFileError(
      'series.label',
      { file: this.file, row, column },
      `expected one of the labels the header lists after "@classLabel" (${listed([...classLabels], 8)}), found ${shown(text.trim())}.`,
    );
  }
}

/** The parts of a case between ":" that are not inside parentheses (time stamps contain colons). */
function splitChannels(line: string): string[] {
  if (!line.includes('(')) return line.split(':');
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === 40) depth++;
    else if (code === 41) depth = Math.max(0, depth - 1);
    else if (code === 58 && depth === 0) {
      parts.push(line.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(line.slice(start));
  return parts;
}

function dropsLabels(place: LabelPlace, file: string): boolean {
  if (place === 'none') return true;
  if (place === 'auto' || place === 'last') return false;
  throw new SeriesFileError(
    'series.labels',
    { file },
    'in a .ts file, the label is the last part of each row. Set the option "labels" to "auto", "last" or "none".',
  );
}
