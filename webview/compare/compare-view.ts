import type { ComparedModel, CompareView as CompareData, comparePanel } from '../../src/protocol/panels/compare';
import { button, checkbox, numberField, progressBar, type ValueControl } from '../shared/controls';
import { element } from '../shared/dom';
import { formatCount, formatNumber, formatPercent } from '../shared/model/format';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { BoundChart } from './bound-chart';
import { rankingTable, ranks } from './ranking';

type Host = typeof comparePanel.host;
interface Kept {
  chosen: string[];
  epochs: number;
}

/** Which acoustic model suits a data set, before any full training: the models ranked by the risk bound. */
export class CompareView implements PanelView<CompareData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #chart = new BoundChart();
  readonly #body = element('tbody', {});
  readonly #notes = element('ul', { class: 'notes' });
  readonly #choices = element('div', { class: 'choices', role: 'group', 'aria-label': t('Models to compare') });
  readonly #progress = progressBar(t('Progress of the comparison'));
  readonly #progressRow = element('div', { class: 'progress-row', hidden: true });
  readonly #epochs: ValueControl<number>;
  readonly #start = button(t('Compare'), () => this.#begin(), { appearance: 'primary' });
  readonly #stop = button(t('Stop'), () => void this.context.attempt(this.context.remote.stop({})));
  readonly #figure: HTMLElement;
  readonly #chosen: Set<string>;
  #known = new Set<string>();
  #data: CompareData | null = null;
  #epochsTouched = false;

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored } = context;
    this.#chosen = new Set(
      Array.isArray(restored.chosen) ? restored.chosen.filter((id): id is string => typeof id === 'string') : [],
    );
    this.#known = new Set(this.#chosen);
    this.#epochsTouched = typeof restored.epochs === 'number';
    this.#epochs = numberField(
      t('Epochs of the short run'),
      typeof restored.epochs === 'number' ? restored.epochs : 10,
      { min: 1, max: 1000, integer: true },
      () => {
        this.#epochsTouched = true;
        this.#remember();
      },
    );
    this.#progressRow.append(this.#progress.element, element('span', { class: 'muted' }, t('Short runs under way…')));
    const heads: [string, boolean][] = [
      [t('rank'), true],
      [t('model'), false],
      [t('bound'), true],
      [t('source risk'), true],
      ['W1', true],
      ['SWD', true],
      ['K', true],
      [t('measured risk'), true],
      [t('validation accuracy'), true],
      [t('source accuracy'), true],
      [t('parameters'), true],
      ['', false],
    ];
    this.#figure = element(
      'div',
      { class: 'figure' },
      this.#chart.element,
      element(
        'div',
        { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': t('Ranking') },
        element(
          'table',
          { class: 'ranking' },
          element('caption', { class: 'visually-hidden' }, t('Acoustic models ranked by their risk bound')),
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              ...heads.map(([head, numeric]) =>
                element('th', { scope: 'col', class: numeric ? 'number-cell' : null }, head),
              ),
            ),
          ),
          this.#body,
        ),
      ),
    );
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'models'],
      picture: () => this.#figure,
      table: () => rankingTable(this.#data?.models ?? []),
      json: () => this.#data,
    });
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts),
      element(
        'div',
        { class: 'toolbar' },
        this.#start.element,
        this.#stop.element,
        this.#epochs.element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#choices,
      this.#progressRow,
      element(
        'section',
        { class: 'card theorem', 'aria-label': t('What the bound says') },
        element('h2', {}, t('What the bound says')),
        element(
          'p',
          { class: 'formula' },
          t('target risk ≤ source risk + 2 √K · W1(logits of the target, logits of the source)'),
        ),
        element(
          'p',
          {},
          t(
            'A reprogrammed model can err on your series no more than it errs on its own speech, plus what its outputs for your series differ from its outputs for speech.',
          ),
          ' ',
          t(
            'That difference is the Wasserstein-1 distance W1 between the two clouds of logits, weighed with the number K of source words; training theta makes it smaller.',
          ),
          ' ',
          t(
            'So a model that is good at its own task and whose logits come close to speech after a short run promises a small error, and the ranking can be had before any full training.',
          ),
        ),
      ),
      this.#figure,
      this.#notes,
    );
  }

  update(data: CompareData): void {
    this.#data = data;
    this.#title.textContent = data.fileName;
    this.#facts.textContent = t(
      '{0} · bound after {1}',
      formatCount(data.models.length, 'acoustic model'),
      formatCount(data.epochs, 'epoch'),
    );
    if (!this.#epochsTouched) this.#epochs.value = data.epochs;
    const running = data.running !== null;
    this.#stop.element.hidden = !running;
    this.#progressRow.hidden = !running;
    if (data.running) this.#progress.fraction = data.running.total > 0 ? data.running.done / data.running.total : null;
    this.#drawChoices(data, running);
    this.#chart.set(data.models);
    const places = ranks(data.models);
    this.#body.replaceChildren(...data.models.map((model, i) => this.#row(model, places[i], running)));
    this.#notes.replaceChildren(...data.notes.map((note) => element('li', {}, note)));
  }

  #drawChoices(data: CompareData, running: boolean): void {
    const ids = data.models.map(({ id }) => id);
    // A model is compared unless the person has taken it out.
    for (const id of ids)
      if (!this.#known.has(id)) {
        this.#known.add(id);
        this.#chosen.add(id);
      }
    const shown = [...this.#choices.querySelectorAll<HTMLElement>('[data-model]')].map((e) => e.dataset.model);
    if (shown.join('\n') !== ids.join('\n'))
      this.#choices.replaceChildren(
        ...data.models.map(({ id }) => {
          const choice = checkbox(id, this.#chosen.has(id), (checked) => {
            if (checked) this.#chosen.add(id);
            else this.#chosen.delete(id);
            this.#remember();
            this.#start.disabled = this.#data?.running !== null || this.#selected().length === 0;
          });
          choice.element.dataset.model = id;
          return choice.element;
        }),
      );
    this.#start.disabled = running || this.#selected().length === 0;
  }

  #selected(): ComparedModel[] {
    return (this.#data?.models ?? []).filter(({ id }) => this.#chosen.has(id));
  }

  #begin(): void {
    void this.context.attempt(
      this.context.remote.start({ models: this.#selected().map(({ id }) => id), epochs: this.#epochs.value }),
    );
  }

  #remember(): void {
    this.context.keep({ chosen: [...this.#chosen], epochs: this.#epochs.value });
  }

  #row(model: ComparedModel, place: number | null, running: boolean): HTMLElement {
    const { bound, validation, failure, status } = model;
    const number = (value: number | null | undefined, digits = 4): HTMLElement =>
      element('td', { class: 'number-cell' }, value === null || value === undefined ? '' : formatNumber(value, digits));
    const name = element(
      'th',
      { scope: 'row' },
      element('span', { class: 'model-name' }, model.id),
      element('span', { class: 'muted' }, model.title),
    );
    if (failure) name.append(element('span', { class: 'problem' }, `${failure.message} (${failure.code})`));
    else if (status === 'running')
      name.append(element('span', { class: 'muted' }, t('epoch {0} of {1}', model.done, model.total)));
    else if (status === 'waiting') name.append(element('span', { class: 'muted' }, t('not compared yet')));
    const full = button(
      t('Reprogram'),
      () => void this.context.attempt(this.context.remote.reprogramWith({ model: model.id })),
      { title: t('Start the full run with {0}', model.id), disabled: running },
    );
    return element(
      'tr',
      { class: place === 1 ? 'best' : null },
      element('td', { class: 'number-cell rank' }, place === null ? '' : String(place)),
      name,
      number(bound?.bound),
      number(bound?.sourceRisk, 3),
      bound
        ? element(
            'td',
            { class: 'number-cell' },
            `${formatNumber(bound.w1.mean, 3)} ± ${formatNumber(bound.w1.deviation, 2)}`,
          )
        : number(null),
      number(bound?.swd, 3),
      number(bound?.k),
      number(bound?.targetRisk, 3),
      element('td', { class: 'number-cell' }, validation ? formatPercent(validation.accuracy) : ''),
      element('td', { class: 'number-cell' }, model.sourceAccuracy === null ? '' : formatPercent(model.sourceAccuracy)),
      element('td', { class: 'number-cell' }, model.parameters.toLocaleString('en-US')),
      element('td', {}, full.element),
    );
  }
}
