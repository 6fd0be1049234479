import type { ColumnRole, SetupChange, SetupTable, SetupView } from '../../src/protocol/panels/setup';
import { element } from '../shared/dom';
import { formatInteger } from '../shared/model/format';
import { t } from '../shared/strings';
import { Choice, Field, TextBox } from './field';
import { problemsOf } from './problems';

type Change = (change: SetupChange) => void;

const ROLES: readonly ColumnRole[] = ['label', 'value', 'ignored'];
const READING_FIELDS = ['delimiter', 'header', 'decimal', 'channel', 'ignored', 'missing'] as const;
const DELIMITERS = [',', ';', '\t', '|', ' '] as const;
const DECIMALS = ['.', ','] as const;

/** The table as it is understood: its first rows, a role for each column, and how it is read. */
export class TableSection {
  readonly element: HTMLElement;
  readonly #scroll = element('div', { class: 'table-scroll', tabindex: 0, role: 'group' });
  readonly #problem = element('p', { class: 'problem field-problem', role: 'alert' });
  readonly #delimiter: Choice;
  readonly #header: Choice;
  readonly #decimal: Choice;
  readonly #channel: Choice;
  readonly #missing: TextBox;
  readonly #ignored: TextBox;
  readonly #fields: Record<(typeof READING_FIELDS)[number], Field>;
  #roles: { number: number; control: HTMLSelectElement }[] = [];
  #shown = '';

  constructor(private readonly change: Change) {
    this.#delimiter = new Choice((value) =>
      change({ part: 'delimiter', value: DELIMITERS.find((one) => one === value) ?? null }),
    );
    this.#header = new Choice((value) => change({ part: 'header', value: value === '' ? null : value === 'yes' }));
    this.#decimal = new Choice((value) =>
      change({ part: 'decimal', value: DECIMALS.find((one) => one === value) ?? null }),
    );
    this.#channel = new Choice((value) => change({ part: 'channel', value: Number(value) }));
    this.#missing = new TextBox((text) => change({ part: 'missing', text }), { maxlength: 1000 });
    this.#ignored = new TextBox((text) => change({ part: 'ignored', text }), { maxlength: 10_000 });
    this.#fields = {
      delimiter: new Field(t('Delimiter'), this.#delimiter.element),
      header: new Field(t('Header row'), this.#header.element),
      decimal: new Field(t('Decimal mark'), this.#decimal.element),
      channel: new Field(
        t('Channel'),
        this.#channel.element,
        t('The file has several channels. V2S classifies one of them.'),
      ),
      ignored: new Field(t('Columns left out'), this.#ignored.element, t('Numbers, ranges or names, such as 1, 5-7.')),
      missing: new Field(t('Missing values'), this.#missing.element),
    };
    this.element = element(
      'section',
      { class: 'setup-section', 'aria-labelledby': 'setup-table' },
      element('h2', { id: 'setup-table' }, t('The table as V2S reads it')),
      this.#problem,
      this.#scroll,
      element('div', { class: 'reading-fields' }, ...Object.values(this.#fields).map((field) => field.element)),
    );
    this.#scroll.setAttribute('aria-labelledby', 'setup-table');
  }

  update(view: SetupView): void {
    const { table, said } = view;
    const { delimiter, header, decimal, channel, missing, ignored } = this.#fields;
    const problems = problemsOf(view);
    const here = [...problems('table'), ...problems('labels')];
    const text = here.join(' ');
    if (this.#problem.textContent !== text) this.#problem.textContent = text;
    this.#problem.hidden = text === '';
    this.#drawTable(table);
    const isInvalid = String(problems('labels').length > 0);
    for (const { control } of this.#roles) control.setAttribute('aria-invalid', isInvalid);

    const isTable = table?.isTable ?? true;
    for (const field of [delimiter, header, decimal, ignored]) field.element.hidden = !isTable;
    channel.element.hidden = (table?.channels ?? 1) < 2 && problems('channel').length === 0;
    this.#delimiter.set(
      detectable(
        DELIMITERS.map((value) => ({ value, text: delimiterName(value) })),
        table && delimiterName(table.delimiter),
      ),
      said.delimiter ?? '',
    );
    const yesNo = [
      { value: 'yes', text: t('yes') },
      { value: 'no', text: t('no') },
    ];
    this.#header.set(
      detectable(yesNo, table && (table.header ? t('yes') : t('no'))),
      said.header === null ? '' : said.header ? 'yes' : 'no',
    );
    const marks = DECIMALS.map((value) => ({ value, text: value }));
    this.#decimal.set(detectable(marks, table && table.decimal), said.decimal ?? '');
    const channels = Array.from({ length: table?.channels ?? 1 }, (_, i) => ({
      value: String(i + 1),
      text: table?.channelNames?.[i] ?? String(i + 1),
    }));
    this.#channel.set(channels, String(table?.channel ?? 1));
    this.#missing.value = said.missing;
    this.#ignored.value = said.ignored;
    missing.meaning = missingText(table);
    for (const name of READING_FIELDS) this.#fields[name].problems = problems(name);
  }

  #drawTable(table: SetupTable | null): void {
    if (!table) {
      this.#shown = '';
      this.#roles = [];
      return this.#scroll.replaceChildren();
    }
    const { columns, rows, columnCount, isTable } = table;
    const shown = JSON.stringify([columns.map(({ number, name }) => [number, name]), rows, isTable]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const focused = this.#roles.find(({ control }) => control === document.activeElement)?.number;
      this.#roles = [];
      const heads = columns.flatMap(({ number, name }, i) => {
        const gap = i > 0 && number > columns[i - 1].number + 1;
        return [gap ? gapHead(columnCount - columns.length) : null, this.#head(number, name, isTable)];
      });
      const body = rows.map(({ row, cells }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, formatInteger(row)),
          ...cells.flatMap((cell, i) => {
            const gap = i > 0 && columns[i].number > columns[i - 1].number + 1;
            return [gap ? element('td', { class: 'gap' }, '…') : null, element('td', {}, cell ?? '')];
          }),
        ),
      );
      this.#scroll.replaceChildren(
        element(
          'table',
          { class: 'preview' },
          element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, t('Line')), ...heads)),
          element('tbody', {}, ...body),
        ),
      );
      this.#roles.find(({ number }) => number === focused)?.control.focus();
    }
    columns.forEach(({ role }, i) => {
      const control = this.#roles[i]?.control;
      if (control && control.value !== role) control.value = role;
      const place = 1 + i + (i > 0 && columns.slice(1, i + 1).some((c, k) => c.number > columns[k].number + 1) ? 1 : 0);
      for (const line of this.#scroll.querySelectorAll('tr')) line.children[place]?.setAttribute('data-role', role);
    });
  }

  #head(number: number, name: string | null, isTable: boolean): HTMLElement {
    const title = name ? `${number} ${name}` : String(number);
    const control = element(
      'select',
      { 'aria-label': t('Role of column {0}', title), disabled: !isTable },
      ...ROLES.map((role) => element('option', { value: role }, roleName(role))),
    );
    control.addEventListener('change', () =>
      this.change({ part: 'role', column: number, role: control.value as ColumnRole }),
    );
    this.#roles.push({ number, control });
    return element('th', { scope: 'col' }, element('div', { class: 'column-name', title }, title), control);
  }
}

function gapHead(count: number): HTMLElement {
  return element('th', { scope: 'col', class: 'gap' }, t('{0} more', formatInteger(count)));
}

/** The choices after the one to leave it to V2S. */
function detectable(options: { value: string; text: string }[], found: string | null): typeof options {
  return [{ value: '', text: found === null ? t('Detect') : t('Detected: {0}', found) }, ...options];
}

function roleName(role: ColumnRole): string {
  return role === 'label' ? t('label') : role === 'value' ? t('value') : t('left out');
}

function delimiterName(delimiter: string): string {
  const names: Record<string, string> = {
    ',': t('comma'),
    ';': t('semicolon'),
    '\t': t('tab'),
    '|': t('bar'),
    ' ': t('space'),
  };
  return names[delimiter] ?? delimiter;
}

function missingText(table: SetupTable | null): string {
  const usual = t('Texts that mean a missing value, besides the usual ones such as ? and NaN, separated by commas.');
  if (!table || table.missing.cells === 0) return usual;
  const { cells, row, column } = table.missing;
  const found =
    cells === 1
      ? t('1 value is missing at the beginning of the file, in row {0}, column {1}.', row, column)
      : t('{0} values are missing at the beginning of the file, the first in row {1}, column {2}.', cells, row, column);
  return `${found} ${usual}`;
}
