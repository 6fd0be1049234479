import type { ComparedModel, CompareView as CompareData, comparePanel } from '../../src/protocol/panels/compare';
import { button } from '../shared/controls/button';
import { numberField } from '../shared/controls/inputs';
import { progressBar } from '../shared/controls/progress';
import { element } from '../shared/dom';
import { noteItems } from '../shared/fact-list';
import { readSortOrder, type SortOrder } from '../shared/model/table';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { agreement, compareTable, openOrders, ranks } from './compare-model';
import { RankingTable } from './ranking-table';
import { theoremCard } from './theorem-card';

type Host = typeof comparePanel.host;
interface Kept {
  /** null: as the host proposes */
  epochs: number | null;
  order: SortOrder | null;
  /** folders of the models that are left out of the next comparison */
  leftOut: string[];
  theoremOpen: boolean;
}

/** The acoustic models ranked by the bound of Theorem 1, before any full training. */
export class CompareView implements PanelView<CompareData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #epochs;
  readonly #start = button(t('Compare'), () => this.#startComparing(), { appearance: 'primary' });
  readonly #stop = button(t('Cancel'), () => void this.#cancel(), {
    title: t('Stop comparing. The results so far are kept.'),
  });
  readonly #progress = progressBar(t('Progress of the comparison'));
  readonly #progressText = element('span', { class: 'muted' });
  readonly #progressRow = element('div', { class: 'progress-row' }, this.#progress.element, this.#progressText);
  readonly #ranking: RankingTable;
  readonly #findings = element('ul', { class: 'notes findings', 'aria-label': t('Findings') });
  readonly #notes = element('ul', { class: 'notes' });
  readonly #theorem: HTMLDetailsElement;
  readonly #leftOut: Set<string>;
  #data: CompareData | null = null;
  #chosenEpochs: number | null;
  #announced = new Set<string>();

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    this.#chosenEpochs = readEpochs(restored.epochs);
    this.#leftOut = new Set(
      Array.isArray(restored.leftOut) ? restored.leftOut.filter((folder) => typeof folder === 'string') : [],
    );
    this.#epochs = numberField(
      t('Epochs'),
      this.#chosenEpochs ?? 10,
      { min: 1, max: 1000, integer: true },
      (epochs) => {
        this.#chosenEpochs = epochs;
        this.#remember();
      },
    );
    this.#ranking = new RankingTable({
      order: readSortOrder(restored.order),
      onOrder: () => this.#remember(),
      isChosen: ({ folder }) => !this.#leftOut.has(folder),
      onChoose: ({ folder }, chosen) => {
        if (chosen) this.#leftOut.delete(folder);
        else this.#leftOut.add(folder);
        this.#drawControls();
        this.#remember();
      },
      onReprogram: ({ id }) => void context.attempt(remote.reprogramWith({ model: id })),
    });
    this.#theorem = theoremCard(restored.theoremOpen !== false, () => this.#remember());
    const figure = element('div', { class: 'figure' }, this.#ranking.element, this.#findings);
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? '', 'compare'],
      picture: () => figure,
      table: () => compareTable(this.#data?.models ?? []),
      json: () => this.#data,
    });
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts),
      this.#theorem,
      element(
        'div',
        { class: 'toolbar' },
        this.#epochs.element,
        this.#start.element,
        this.#stop.element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#progressRow,
      figure,
      this.#notes,
    );
  }

  update(data: CompareData): void {
    const isOther = this.#data !== null && this.#data.file !== data.file;
    this.#announceDone(data, isOther || this.#data === null);
    this.#data = data;
    this.#title.textContent = t('Acoustic models for {0}', data.fileName);
    this.#facts.textContent =
      data.models.length === 1
        ? t('1 acoustic model, compared by the bound after a short run')
        : t('{0} acoustic models, ranked by the bound after a short run', data.models.length);
    if (this.#chosenEpochs === null) this.#epochs.value = data.epochs;
    this.#ranking.set(data.models, data.running !== null);
    this.#drawControls();
    this.#drawFindings(data);
    this.#notes.replaceChildren(...noteItems(data.notes));
  }

  #chosen(): ComparedModel[] {
    return (this.#data?.models ?? []).filter(({ folder }) => !this.#leftOut.has(folder));
  }

  #drawControls(): void {
    const data = this.#data;
    if (!data) return;
    const chosen = this.#chosen();
    const running = data.running;
    this.#start.element.hidden = running !== null;
    this.#start.disabled = chosen.length === 0;
    this.#start.label = startLabel(
      chosen.length,
      data.models.some(({ bound }) => bound !== null),
    );
    this.#stop.element.hidden = running === null;
    this.#epochs.disabled = running !== null;
    this.#progressRow.hidden = running === null;
    if (!running) return;
    const now = data.models.find(({ status }) => status === 'running');
    const within = now && now.total > 0 ? Math.min(1, now.done / now.total) : 0;
    this.#progress.fraction = running.total > 0 ? (running.done + within) / running.total : null;
    const parts = [t('{0} of {1} models compared', running.done, running.total)];
    if (now) parts.unshift(now.title);
    this.#progressText.textContent = parts.join(' · ');
  }

  #drawFindings(data: CompareData): void {
    const findings = openOrders(data.models).map(([a, b]) =>
      t('The order of {0} and {1} is uncertain: their bounds differ by less than the spread.', a.title, b.title),
    );
    const { agreeing, pairs } = agreement(data.models);
    if (pairs > 0)
      findings.push(
        t(
          'In {0} of {1} pairs of models, the one with the smaller bound is also the more accurate one.',
          agreeing,
          pairs,
        ),
      );
    if (data.models.some(({ bound }) => bound !== null))
      findings.push(
        t('The bars of a column share one scale, from 0. Whiskers show one standard deviation over the draws of W₁.'),
      );
    this.#findings.replaceChildren(...noteItems(findings));
  }

  /** Says what is new to screen readers: a model that is done, the best one at the end. */
  #announceDone(data: CompareData, silent: boolean): void {
    const done = data.models.filter(({ status }) => status === 'done');
    const fresh = done.filter(({ folder }) => !this.#announced.has(folder));
    const wasRunning = Boolean(this.#data?.running);
    this.#announced = new Set(done.map(({ folder }) => folder));
    if (silent) return;
    const rank = ranks(data.models);
    const best = data.models.find(({ id }) => rank.get(id) === 1);
    if (wasRunning && !data.running && best)
      this.context.announce(t('The comparison is done. Smallest bound: {0}.', best.title));
    else if (fresh.length > 0) this.context.announce(t('Done: {0}', fresh.map(({ title }) => title).join(', ')));
  }

  #startComparing(): void {
    const models = this.#chosen().map(({ id }) => id);
    void this.context.attempt(this.context.remote.start({ models, epochs: this.#epochs.value }));
  }

  async #cancel(): Promise<void> {
    this.#stop.disabled = true;
    await this.context.attempt(this.context.remote.stop({}));
    this.#stop.disabled = false;
  }

  #remember(): void {
    this.context.keep({
      epochs: this.#chosenEpochs,
      order: this.#ranking.order,
      leftOut: [...this.#leftOut],
      theoremOpen: this.#theorem.open,
    });
  }
}

function startLabel(models: number, isAnew: boolean): string {
  if (models === 1) return isAnew ? t('Compare 1 model again') : t('Compare 1 model');
  return isAnew ? t('Compare {0} models again', models) : t('Compare {0} models', models);
}

function readEpochs(kept: unknown): number | null {
  return typeof kept === 'number' && Number.isInteger(kept) && kept >= 1 && kept <= 1000 ? kept : null;
}
