import type { TsneOptions, TsneView as TsneData, tsnePanel } from '../../src/protocol/panels/tsne';
import { Legend } from '../shared/charts/legend';
import { progressBar } from '../shared/controls/progress';
import { seriesCount } from '../shared/counts';
import { element } from '../shared/dom';
import { noteItems } from '../shared/fact-list';
import { formatInteger, formatNumber } from '../shared/model/format';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { FineTuneHint } from './fine-tune-hint';
import { layoutTable } from './layouts';
import { LinkedPlots } from './linked-plots';
import { PointsTable } from './points-table';
import { StageSlider } from './stage-slider';
import { TsneToolbar } from './tsne-toolbar';

interface Kept {
  hiddenClasses: number[];
  /** 0: before, 1: after */
  position: number;
  dragBrushes: boolean;
}

/** The logits of every series in two or three dimensions: before, through, and after reprogramming, side by side. */
export class TsneView implements PanelView<TsneData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #toolbar: TsneToolbar;
  readonly #slider: StageSlider;
  readonly #legend = new Legend((hidden) => {
    this.#plots.hideClasses(hidden);
    this.#remember();
    this.#drawSelection();
  });
  readonly #plots = new LinkedPlots({
    onHover: (point, hasFocus) => {
      if (point >= 0 && hasFocus) this.context.announce(this.#describePoint(point));
    },
    onOpen: (point) => this.#open(point),
    onSelect: () => this.#drawSelection(),
    describe: (point) => this.#describePoint(point),
  });
  readonly #busyBar = progressBar(t('Computing the layout'));
  readonly #busy = element(
    'div',
    { class: 'busy-row', hidden: true },
    element('span', { class: 'muted' }, t('Computing the layout…')),
    this.#busyBar.element,
  );
  readonly #readout = element('p', { class: 'readout muted' });
  readonly #hint = element('p', { class: 'muted hint' });
  readonly #fineTune: FineTuneHint;
  readonly #table: PointsTable;
  readonly #notes = element('ul', { class: 'notes' });
  #data: TsneData | null = null;

  constructor(private readonly context: PanelContext<typeof tsnePanel.host, Kept>) {
    const { restored, remote } = context;
    this.#toolbar = new TsneToolbar(restored.dragBrushes === true, {
      onConfigure: (options) => this.#configure(options),
      onChooseProgram: () => void context.attempt(remote.chooseProgram({})),
      onDragBrushes: () => {
        this.#plots.setDragBrushes(this.#toolbar.dragBrushes);
        this.#remember();
      },
    });
    this.#slider = new StageSlider({
      position: typeof restored.position === 'number' ? restored.position : 1,
      isStill: () => context.theme.still,
      onMove: (at) => (this.#slider.text = this.#plots.moveTo(at)),
      onRest: () => this.#remember(),
    });
    this.#fineTune = new FineTuneHint(
      () => void context.attempt(remote.fineTune({})),
      () => this.#configure({}),
    );
    this.#table = new PointsTable({
      onActivate: (point) => this.#open(point),
      onCursor: (point) => this.#plots.pointAt(point),
    });
    const picture = element('div', { class: 'picture' }, this.#legend.element, this.#plots.element);
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'tsne'],
      picture: () => picture,
      table: () => (this.#data ? layoutTable(this.#data) : { header: [], rows: [] }),
      json: () => this.#data,
    });
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts),
      element('div', { class: 'toolbar' }, ...this.#toolbar.elements, element('span', { class: 'spacer' }), exports),
      this.#busy,
      this.#slider.element,
      picture,
      this.#readout,
      this.#hint,
      this.#fineTune.element,
      this.#table.element,
      this.#notes,
    );
    context.on('busy', ({ busy, done, total }) => {
      this.#busy.hidden = !busy;
      this.#busyBar.fraction = total > 0 ? done / total : null;
    });
    context.onTheme((theme) => {
      if (!this.#data) return;
      this.#plots.setTheme(theme);
      this.#drawLegend(this.#data, this.#legend.hidden);
      this.#drawSelection();
    });
  }

  update(data: TsneData): void {
    const before = this.#data;
    const isSame = before !== null && before.file === data.file && before.labels.length === data.labels.length;
    this.#slider.stop();
    this.#data = data;
    this.#busy.hidden = true;
    this.#plots.set(data, this.context.theme, this.#toolbar.dragBrushes, isSame);
    this.#drawHead(data);
    this.#drawLegend(data, isSame ? this.#legend.hidden : this.#restoredHidden());
    this.#slider.setCount(this.#plots.stageCount);
    this.#drawSelection();
  }

  #restoredHidden(): number[] {
    const { hiddenClasses } = this.context.restored;
    return Array.isArray(hiddenClasses) ? hiddenClasses.filter((c): c is number => typeof c === 'number') : [];
  }

  #remember(): void {
    this.context.keep({
      hiddenClasses: [...this.#legend.hidden],
      position: this.#slider.position,
      dragBrushes: this.#toolbar.dragBrushes,
    });
  }

  #drawHead(data: TsneData): void {
    this.#title.textContent = data.fileName;
    this.#facts.textContent = `${pointsText(data)} · ${data.programName}`;
    this.#toolbar.set(data.options);
    this.#hint.textContent = hintText(data.options);
    this.#fineTune.set(data);
    this.#notes.replaceChildren(...noteItems(notesOf(data)));
  }

  #drawLegend({ classNames, labels }: TsneData, hidden: Iterable<number>): void {
    const counts = new Array<number>(classNames.length).fill(0);
    for (const label of labels) if (label >= 0) counts[label]++;
    const { colors } = this.#plots;
    this.#legend.set(
      classNames.map((name, i) => ({ name, color: colors[i], count: counts[i] })),
      hidden,
    );
    this.#plots.hideClasses(this.#legend.hidden);
  }

  #drawSelection(): void {
    const data = this.#data;
    if (!data) return;
    this.#plots.draw();
    const { isNothingSelected, colors } = this.#plots;
    const shown = this.#plots.chosen();
    const wrong = shown.filter((i) => data.labels[i] >= 0 && data.labels[i] !== data.predicted[i]).length;
    this.#readout.textContent = isNothingSelected
      ? t('Nothing selected. Shown: {0} series, {1} of them misclassified', formatInteger(shown.length), wrong)
      : t('Selected: {0} series, {1} of them misclassified', formatInteger(shown.length), wrong);
    this.#table.set(data, shown, !isNothingSelected, colors);
  }

  #describePoint(point: number): string {
    const data = this.#data;
    if (!data) return '';
    const name = (kind: number): string => (kind < 0 ? t('no label') : data.classNames[kind]);
    const parts = [t('line {0}', data.lines[point]), name(data.labels[point])];
    if (data.labels[point] !== data.predicted[point]) parts.push(t('predicted {0}', name(data.predicted[point])));
    return parts.join(' · ');
  }

  #open(point: number): void {
    const data = this.#data;
    if (data) void this.context.attempt(this.context.remote.openSaliency({ index: data.indices[point] }));
  }

  #configure(options: Partial<TsneOptions>): void {
    void this.context.attempt(this.context.remote.configure(options));
  }
}

function pointsText({ labels, total }: TsneData): string {
  return labels.length < total
    ? t('A sample of {0} of {1} series', formatInteger(labels.length), formatInteger(total))
    : seriesCount(labels.length);
}

function hintText({ dimensions }: TsneOptions): string {
  return dimensions === 3
    ? t(
        'Click a point to open its saliency. Drag to turn the clouds. Drag with Alt to select in all plots, with Shift to add, with Ctrl to remove. Arrow keys move from point to point; with Shift they turn the clouds.',
      )
    : t(
        'Click a point to open its saliency. Drag to select in all plots, with Shift to add, with Ctrl to remove. Arrow keys move from point to point.',
      );
}

function notesOf({ options, perplexityUsed, labels, notes }: TsneData): string[] {
  if (options.projection !== 't-sne' || Math.abs(perplexityUsed - options.perplexity) <= 1e-6) return notes;
  const clamped = t(
    'A perplexity of {0} is too large for {1} points, so {2} is used.',
    options.perplexity,
    labels.length,
    formatNumber(perplexityUsed, 3),
  );
  return [clamped, ...notes];
}
