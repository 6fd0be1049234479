import { splitArff } from './arff-cells';
import { channelNote, chosenChannel } from './channel';
import { namedLabelColumn } from './column-names';
import { chosenColumns, columnIndex } from './column-refs';
import { listed, normalizeLabel } from './labels';
import type { SeriesReader } from './reader';
import type { SeriesBuilder } from './series-builder';
import { SeriesFileError, shown } from './series-error';
import type { Line } from './sniff';
import type { LabelPlace, ReadFormat, ReadOptions } from './types';
import { ValueParser } from './value-parser';

interface Attribute {
  name: string;
  type: 'numeric' | 'nominal' | 'text' | 'relational';
  /** values of a nominal attribute, as normalized labels */
  values: Set<string> | null;
  row: number;
  /** attributes inside a relational one */
  inner: number;
}

/**
 * Reader of the .arff format of Weka: % comments, @relation, @attribute, @data in any letter case, then one instance a line.
 * Multivariate series come as one relational attribute whose channels are separated by the two characters "\n".
 */
export class ArffReader implements SeriesReader {
  readonly #attributes: Attribute[] = [];
  readonly #values: ValueParser;
  readonly #options: ReadOptions;
  readonly #notes: string[] = [];
  #relational: Attribute | null = null;
  #inData = false;
  #began = false;
  /** index of the label's attribute; -1 without labels */
  #label = -1;
  /** index of the relational attribute; -1 in a univariate file */
  #series = -1;
  #ignored = new Set<number>();
  /** indices of the value attributes in the order that was asked for */
  #columns: number[] | null = null;
  #channels = 1;
  #channel = 0;

  constructor(
    readonly file: string,
    options: ReadOptions,
    readonly builder: SeriesBuilder,
  ) {
    this.#values = new ValueParser(file, '.', options.missing);
    this.#options = options;
  }

  format(): Omit<ReadFormat, 'encoding'> {
    const last = this.#attributes.length - 1;
    const label = this.#label;
    return {
      kind: 'arff',
      delimiter: ',',
      decimal: '.',
      header: true,
      columnNames: this.#attributes.map(({ name }) => name),
      labels: label < 0 ? 'none' : label === last ? 'last' : label === 0 ? 'first' : label + 1,
      labelColumn: label < 0 ? null : label + 1,
      ignoredColumns: [...this.#ignored].map((index) => index + 1),
      valueColumns: this.#columns?.map((index) => index + 1) ?? null,
      missing: this.#options.missing ?? [],
      channel: this.#channel + 1,
      channels: this.#channels,
      channelNames: null,
      timeStamps: false,
    };
  }

  line(text: string, row: number): void {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('%')) return;
    if (!this.#inData) this.#declaration(trimmed, row);
    else this.#instance(trimmed, row);
  }

  cells({ text, row }: Line): string[] | null {
    const trimmed = text.trim();
    if (!this.#began || trimmed === '' || /^[%@]/.test(trimmed)) return null;
    const cells = splitArff(trimmed, row, this.file);
    if (this.#series < 0) return cells;
    const values = splitRelation(cells[this.#series] ?? '')[this.#channel]?.split(',') ?? [];
    return this.#label < 0 ? values : [...values, cells[this.#label] ?? ''];
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
    const note = channelNote(this.#channel, { count: this.#channels, names: null });
    return note === null ? this.#notes : [...this.#notes, note];
  }

  #declaration(line: string, row: number): void {
    const key = /^@?\w*/.exec(line)![0].toLowerCase();
    if (key === '@relation') return;
    if (key === '@attribute') {
      const attribute = this.#attribute(line, row);
      if (this.#relational) {
        this.#relational.inner++;
        return;
      }
      this.#attributes.push(attribute);
      if (attribute.type === 'relational') this.#relational = attribute;
      return;
    }
    if (key === '@end') {
      this.#relational = null;
      return;
    }
    if (key === '@data' && this.#relational)
      throw new SeriesFileError(
        'series.header',
        { file: this.file, row },
        `expected "@end ${this.#relational.name}" for the relational attribute of row ${this.#relational.row} before "@data".`,
      );
    if (key === '@data') {
      const rest = line.slice(key.length).trim();
      if (rest !== '' && !rest.startsWith('%'))
        throw new SeriesFileError(
          'series.header',
          { file: this.file, row },
          `expected nothing after "@data" on its line, found ${shown(rest)}. Begin the first series on a line of its own.`,
        );
      this.#inData = true;
      return;
    }
    throw new SeriesFileError(
      'series.header',
      { file: this.file, row },
      `expected "@relation", "@attribute" or "@data", found ${shown(line)}.`,
    );
  }

  #attribute(line: string, row: number): Attribute {
    const declared = declaredAttribute(line);
    const type = withoutComment(declared?.type ?? '').trim();
    if (!declared || type === '')
      throw new SeriesFileError(
        'series.header',
        { file: this.file, row },
        `expected "@attribute NAME TYPE", found ${shown(line)}.`,
      );
    const attribute: Attribute = {
      name: declared.name,
      type: 'numeric',
      values: null,
      row,
      inner: 0,
    };
    const word = type.toLowerCase();
    if (type.length > 1 && type.startsWith('{') && type.endsWith('}')) {
      attribute.type = 'nominal';
      const names = splitArff(type.slice(1, -1), row, this.file).map((name) => normalizeLabel(name));
      attribute.values = new Set(names.filter((name) => name !== null));
    } else if (word.startsWith('relational')) attribute.type = 'relational';
    else if (word.startsWith('string') || word.startsWith('date')) attribute.type = 'text';
    else if (!/^(?:numeric|real|integer)\b/.test(word))
      throw new SeriesFileError(
        'series.header',
        { file: this.file, row },
        `expected an attribute type (numeric, real, integer, string, {values} or relational), found ${shown(type)}.`,
      );
    return attribute;
  }

  #instance(line: string, row: number): void {
    if (line.startsWith('{'))
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        'expected all values of the series separated by commas; sparse rows in braces are not supported.',
      );
    const cells = splitArff(line, row, this.file);
    // Some writers end a row with a comma.
    if (cells.length === this.#attributes.length + 1 && cells.at(-1) === '' && line.endsWith(',')) cells.pop();
    if (cells.length !== this.#attributes.length)
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        `expected ${this.#attributes.length} values, one for each @attribute, found ${cells.length}.`,
      );
    if (!this.#began) this.#begin(cells, row);
    const values = this.#values;
    values.begin();
    if (this.#series >= 0) this.#relation(cells[this.#series], row);
    else if (this.#columns) for (const i of this.#columns) values.push(cells[i], row, i + 1);
    else
      for (let i = 0; i < cells.length; i++)
        if (i !== this.#label && !this.#ignored.has(i)) values.push(cells[i], row, i + 1);
    const label = this.#label < 0 ? null : this.#labelOf(cells[this.#label], row, this.#labelColumn(values.count));
    this.builder.add(values.values, values.count, label, row, values.columnOf);
  }

  /** Parses the chosen channel of a relational value. */
  #relation(cell: string, row: number): void {
    const channels = splitRelation(cell);
    const at = { file: this.file, row };
    if (channels.length !== this.#channels)
      throw new SeriesFileError(
        'series.columns',
        at,
        `expected ${this.#channels} channels separated by "\\n", found ${channels.length}.`,
      );
    // Columns are counted over all channels, as in .ts files.
    let column = this.#series + 1;
    for (let i = 0; i < this.#channel; i++) column += channels[i].split(',').length;
    const cells = channels[this.#channel].split(',');
    const { inner } = this.#attributes[this.#series];
    if (cells.length > inner)
      throw new SeriesFileError(
        'series.columns',
        at,
        `expected at most ${inner} values in a channel, as the relational attribute has, found ${cells.length}.`,
      );
    for (const value of cells) this.#values.push(value, row, column++);
  }

  /** Settles which attributes are series, label or neither. */
  #begin(cells: readonly string[], row: number): void {
    this.#began = true;
    const attributes = this.#attributes;
    const { labels = 'auto', ignoredColumns, columns, channel } = this.#options;
    this.#series = attributes.findIndex(({ type }) => type === 'relational');
    this.#label = this.#labelAttribute(labels, row);
    if (this.#series >= 0) this.#channels = splitRelation(cells[this.#series]).length;
    this.#channel = chosenChannel(channel, { count: this.#channels, names: null }, this.file, row);
    const table = { file: this.file, row, width: attributes.length, names: attributes.map(({ name }) => name) };
    if (columns && this.#series < 0)
      this.#columns = chosenColumns(columns, table).filter((index) => index !== this.#label);
    if (ignoredColumns) {
      this.#ignored = new Set(ignoredColumns.map((ref) => columnIndex(ref, 'ignoredColumns', table)));
      return;
    }
    if (this.#series >= 0 || this.#columns) return;
    // Text attributes beside the label name the rows; nominal ones are labels of another kind.
    attributes.forEach(({ type, name }, i) => {
      if (i === this.#label || (type !== 'text' && type !== 'nominal')) return;
      this.#ignored.add(i);
      this.#notes.push(`The attribute ${shown(name)} (column ${i + 1}) is not numeric and was left out.`);
    });
  }

  #labelAttribute(place: LabelPlace, row: number): number {
    const attributes = this.#attributes;
    const last = attributes.length - 1;
    if (place === 'none') return -1;
    if (place === 'first') return this.#series === 0 ? last : 0;
    if (place === 'last') return last;
    const missing = (what: string): SeriesFileError =>
      new SeriesFileError(
        'series.labels',
        { file: this.file, row },
        `the option "labels" asks for ${what}, but the attributes are ${listed(
          attributes.map(({ name }) => name),
          8,
        )}.`,
      );
    if (typeof place === 'number') {
      if (Number.isInteger(place) && place >= 1 && place <= attributes.length) return place - 1;
      throw missing(`column ${place}`);
    }
    if (place !== 'auto') {
      const wanted = place.name.toLowerCase();
      const at = attributes.findIndex(({ name }) => name.toLowerCase() === wanted);
      if (at >= 0) return at;
      throw missing(`the attribute ${shown(place.name)}`);
    }
    const nominal = attributes.flatMap(({ type }, i) => (type === 'nominal' ? [i] : []));
    if (nominal.includes(last)) return last;
    if (nominal.length === 1) return nominal[0];
    const named = namedLabelColumn(attributes.map(({ name }) => name));
    if (named >= 0) return named;
    if (attributes[last].type === 'text') return last;
    this.#notes.push(
      'No attribute is a class label (nominal, or named "class"), so every attribute was read as a value. If an attribute holds labels, set the option "labels".',
    );
    return -1;
  }

  /** Column of the label; behind a relational attribute it follows the values of all channels. */
  #labelColumn(length: number): number {
    return this.#series >= 0 && this.#label > this.#series ? this.#label + this.#channels * length : this.#label + 1;
  }

  #labelOf(cell: string, row: number, column: number): string | null {
    const label = normalizeLabel(cell);
    const { values, row: declared } = this.#attributes[this.#label];
    if (label === null || !values || values.has(label)) return label;
    throw new SeriesFileError(
      'series.label',
      { file: this.file, row, column },
      `expected one of the class labels declared in row ${declared} (${listed([...values], 8)}), found ${shown(cell.trim())}.`,
    );
  }
}

/**
 * Name and type of a line "@attribute NAME TYPE"; the name may be quoted. Found by searching rather than by one pattern, which tries a
 * long line from each of its characters again.
 */
function declaredAttribute(line: string): { name: string; type: string } | null {
  const rest = line.slice('@attribute'.length);
  const text = rest.trimStart();
  if (text.length === rest.length) return null;
  const quote = text[0];
  const close = quote === "'" || quote === '"' ? closingQuote(text) : -1;
  if (close > 0) return { name: text.slice(1, close), type: text.slice(close + 1).trim() };
  const end = text.search(/[\s{]/);
  return end > 0 ? { name: text.slice(0, end), type: text.slice(end).trim() } : null;
}

/** Place of the quote that ends the text in quotes at the beginning; a backslash escapes what follows it. -1 without one. */
function closingQuote(text: string): number {
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[0]) return i;
  }
  return -1;
}

/** A declaration without a % comment at its end; a % in quotes or braces is none. */
function withoutComment(text: string): string {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quote !== '') {
      if (character === '\\') i++;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '%' && /[\s}]/.test(text[i - 1] ?? ' ')) return text.slice(0, i);
  }
  return text;
}

/** Channels of a relational value: separated by a line end, written as the two characters "\n". */
function splitRelation(cell: string): string[] {
  return cell.split('\n');
}
