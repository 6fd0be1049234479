import type { ComparedModel } from '../../src/protocol/panels/compare';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { formatInteger, formatNumber, formatPercent } from '../shared/model/format';
import { nextOrder, type SortOrder } from '../shared/model/table';
import { t } from '../shared/strings';
import { QUANTITIES, barEnd, barLayout, orderedModels, ranks, withSpread, type Quantity } from './compare-model';
import { whiskerBar } from './whisker-bar';

const COLUMNS: Record<Quantity['id'], { title: () => string; about: () => string; style: string }> = {
  sourceRisk: {
    title: () => t('source risk'),
    about: () => t('Mean distance between the model’s outputs and the truth on its own speech data'),
    style: 'bar-source',
  },
  w1: {
    title: () => 'W₁',
    about: () => t('Wasserstein-1 distance between the logits of the reprogrammed series and of speech: mean ± spread'),
    style: 'bar-distance',
  },
  swd: {
    title: () => 'SWD',
    about: () => t('Sliced Wasserstein-2 distance between the same logits'),
    style: 'bar-distance',
  },
  k: { title: () => 'K', about: () => t('Number of source words of the model'), style: 'bar-source' },
  bound: {
    title: () => t('bound'),
    about: () => t('Source risk + 2 √K · W₁. Smaller is better.'),
    style: 'bar-bound',
  },
  targetRisk: {
    title: () => t('target risk'),
    about: () => t('The same risk, measured on the series after the short run. The bound lies above it.'),
    style: 'bar-source',
  },
  accuracy: {
    title: () => t('accuracy'),
    about: () => t('Share of series classified correctly after the short run, among series it was not trained on'),
    style: 'bar-measured',
  },
};

interface RankingOptions {
  order: SortOrder | null;
  onOrder(order: SortOrder | null): void;
  /** models taken part in the next comparison, by folder */
  isChosen(model: ComparedModel): boolean;
  onChoose(model: ComparedModel, chosen: boolean): void;
  onReprogram(model: ComparedModel): void;
}

/** The models as a table, a row each, in which every quantity is a bar on the scale of its column. */
export class RankingTable {
  readonly element = element('div', { class: 'ranking-scroll' });
  #models: readonly ComparedModel[] = [];
  #isRunning = false;
  #order: SortOrder | null;

  constructor(private readonly options: RankingOptions) {
    this.#order = options.order;
  }

  get order(): SortOrder | null {
    return this.#order;
  }

  set(models: readonly ComparedModel[], isRunning: boolean): void {
    this.#models = models;
    this.#isRunning = isRunning;
    this.#draw();
  }

  #draw(): void {
    const focused = this.#focusKey();
    const rank = ranks(this.#models);
    const ends = new Map(QUANTITIES.map((quantity) => [quantity.id, barEnd(this.#models, quantity)]));
    const rows = orderedModels(this.#models, this.#order).map((i) => this.#row(this.#models[i], rank, ends));
    this.element.replaceChildren(
      element(
        'table',
        { class: 'ranking' },
        element('caption', { class: 'visually-hidden' }, t('Acoustic models ranked by the bound')),
        element('thead', {}, this.#head()),
        element('tbody', {}, ...rows),
      ),
    );
    // A drawing anew while a comparison goes on must not take the focus away.
    if (focused) this.element.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #focusKey(): string | null {
    const active = document.activeElement;
    return active && this.element.contains(active) ? active.getAttribute('data-key') : null;
  }

  #head(): HTMLElement {
    const cell = (id: string, title: string, about: string): HTMLElement => {
      const sorted = this.#order?.column === id ? this.#order : null;
      const arrow = sorted ? (sorted.descending ? ' ▾' : ' ▴') : '';
      const sort = element(
        'button',
        { type: 'button', class: 'plain-button', title: about, 'data-key': `head-${id}` },
        `${title}${arrow}`,
      );
      sort.addEventListener('click', () => {
        this.#order = nextOrder(this.#order, id);
        this.#draw();
        this.options.onOrder(this.#order);
      });
      const direction = sorted ? (sorted.descending ? 'descending' : 'ascending') : 'none';
      return element('th', { scope: 'col', 'aria-sort': direction, class: `head-${id}` }, sort);
    };
    return element(
      'tr',
      {},
      element('th', { scope: 'col' }, t('rank')),
      cell('model', t('acoustic model'), t('Sort by name')),
      ...QUANTITIES.map(({ id }) => cell(id, COLUMNS[id].title(), COLUMNS[id].about())),
      element(
        'th',
        { scope: 'col', 'data-picture': 'skip' },
        element('span', { class: 'visually-hidden' }, t('action')),
      ),
    );
  }

  #row(model: ComparedModel, rank: Map<string, number>, ends: Map<string, number>): HTMLElement {
    const place = rank.get(model.id);
    const reprogram = button(t('Reprogram…'), () => this.options.onReprogram(model), {
      title: t('Start the full run with {0}', model.title),
    });
    reprogram.element.setAttribute('data-key', `reprogram-${model.folder}`);
    return element(
      'tr',
      { class: place === 1 ? 'best' : null },
      element('td', { class: 'rank' }, place === undefined ? '–' : String(place)),
      element('th', { scope: 'row' }, this.#name(model)),
      ...(model.bound
        ? QUANTITIES.map((quantity) => quantityCell(model, quantity, ends.get(quantity.id) ?? 1))
        : [element('td', { colspan: QUANTITIES.length }, statusText(model))]),
      element('td', { 'data-picture': 'skip' }, model.status === 'failed' ? null : reprogram.element),
    );
  }

  #name(model: ComparedModel): HTMLElement {
    const choice = element('input', {
      type: 'checkbox',
      'aria-label': t('Compare {0}', model.title),
      'data-key': `choose-${model.folder}`,
      disabled: this.#isRunning,
    });
    choice.checked = this.options.isChosen(model);
    choice.addEventListener('change', () => this.options.onChoose(model, choice.checked));
    const facts = [model.id, t('{0} parameters', formatInteger(model.parameters))];
    if (model.sourceAccuracy !== null) facts.push(t('{0} accuracy on speech', formatPercent(model.sourceAccuracy)));
    return element(
      'div',
      { class: 'model' },
      choice,
      element(
        'div',
        {},
        element('div', { class: 'model-title' }, model.title),
        element('div', { class: 'muted model-facts' }, ...facts.map((fact) => element('span', {}, fact))),
      ),
    );
  }
}

function quantityCell(model: ComparedModel, quantity: Quantity, end: number): HTMLElement {
  const { id } = quantity;
  const value = quantity.value(model);
  if (value === null) return element('td', { class: 'muted number-cell' }, t('n/a'));
  if (id === 'k') return element('td', { class: 'number-cell' }, String(value));
  const spread = quantity.spread(model);
  const text = id === 'accuracy' ? formatPercent(value) : spread ? withSpread(value, spread) : formatNumber(value, 3);
  return element('td', { class: `cell-${id}` }, whiskerBar(barLayout(value, spread, end), text, COLUMNS[id].style));
}

function statusText({ status, done, total, failure }: ComparedModel): HTMLElement {
  switch (status) {
    case 'failed':
      return element(
        'span',
        { class: 'problem' },
        failure?.message ?? t('failed'),
        failure ? ' ' : null,
        failure ? element('code', {}, failure.code) : null,
      );
    case 'running':
      return element(
        'span',
        { class: 'running' },
        element('progress', { max: Math.max(1, total), value: done, 'aria-label': t('Epochs of the short run') }),
        t('epoch {0} of {1}', done, total),
      );
    default:
      return element('span', { class: 'muted' }, t('not compared yet'));
  }
}
