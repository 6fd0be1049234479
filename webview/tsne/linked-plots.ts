import type { Layout, TsneView } from '../../src/protocol/panels/tsne';
import { element, perFrame } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import { INITIAL_ROTATION } from '../shared/model/layout3d';
import { morph } from '../shared/model/morph';
import { PointSelection } from '../shared/model/selection';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';
import { centered, stagesOf, type Stages } from './layouts';
import { Scatter, type ScatterShared } from './scatter';
import { stageName } from './stage-words';

interface LinkedPlotsEvents {
  /** @param hasFocus whether the plot that was pointed at has the keyboard's focus */
  onHover(point: number, hasFocus: boolean): void;
  onOpen(point: number): void;
  onSelect(): void;
  /** what stands beside a point that is pointed at */
  describe(point: number): string;
}

/** The same points before, during and after reprogramming and fine-tuned: one selection, one rotation, one scale. */
export class LinkedPlots {
  readonly element: HTMLElement;
  readonly #before: Scatter;
  readonly #during: Scatter;
  readonly #fineTuned: Scatter;
  readonly #drawSoon = perFrame(() => this.draw());
  #shared: ScatterShared | null = null;
  #stages: Stages = { before: null, training: [], fineTuned: null };
  /** of the layouts of training, centered */
  #training: Float64Array[] = [];
  /** of the layout that is shown, between two of training */
  #now = new Float64Array(0);

  constructor(private readonly events: LinkedPlotsEvents) {
    const shared = (): ScatterShared | null => this.#shared;
    const scatterEvents = {
      onHover: (point: number, plot: Scatter) => this.#hover(point, plot),
      onBrush: this.#drawSoon,
      onBrushEnd: () => events.onSelect(),
      onRotate: this.#drawSoon,
      onOpen: (point: number) => events.onOpen(point),
    };
    this.#before = new Scatter(shared, scatterEvents);
    this.#during = new Scatter(shared, scatterEvents);
    this.#fineTuned = new Scatter(shared, scatterEvents);
    this.element = element('div', { class: 'plots' }, ...this.#all.map((plot) => plot.element));
  }

  get #all(): Scatter[] {
    return [this.#before, this.#during, this.#fineTuned];
  }

  /** how many layouts of training there are */
  get stageCount(): number {
    return this.#training.length;
  }
  /** by class */
  get colors(): readonly string[] {
    return this.#shared?.colors ?? [];
  }
  get isNothingSelected(): boolean {
    return this.#shared?.selection.empty ?? true;
  }

  /** The selected points, all of them without a selection; hidden ones are left out. */
  chosen(): number[] {
    const shared = this.#shared;
    if (!shared) return [];
    const chosen = shared.selection.empty ? Array.from(shared.hidden, (_, i) => i) : shared.selection.indices();
    return chosen.filter((point) => !shared.hidden[point]);
  }

  /** @param keepsSelection whether the points are those that were shown before */
  set(data: TsneView, theme: Theme, dragBrushes: boolean, keepsSelection: boolean): void {
    const { dimensions } = data.options;
    const points = data.labels.length;
    const { coordinates, reach } = centered(data.layouts, dimensions);
    const of = (layout: Layout): Float64Array => coordinates[data.layouts.indexOf(layout)];
    this.#stages = stagesOf(data.layouts);
    this.#training = this.#stages.training.map(of);
    this.#now = new Float64Array(this.#training[0]?.length ?? 0);
    const old = this.#shared;
    this.#shared = {
      theme,
      labels: data.labels,
      wrong: Uint8Array.from(data.labels, (label, i) => (label >= 0 && label !== data.predicted[i] ? 1 : 0)),
      colors: themeClassColors(theme, data.classNames.length),
      hidden: new Uint8Array(points),
      selection: keepsSelection && old ? old.selection : new PointSelection(points),
      hovered: -1,
      dimensions,
      reach,
      rotation: old?.rotation ?? INITIAL_ROTATION,
      dragBrushes,
    };
    const { before, fineTuned } = this.#stages;
    if (before) {
      this.#before.set(of(before));
      describe(this.#before, before, points);
    }
    if (fineTuned) {
      this.#fineTuned.set(of(fineTuned));
      describe(this.#fineTuned, fineTuned, points);
    }
    this.#during.set(this.#now);
    this.#before.element.hidden = !before || this.#training.length < 2;
    this.#fineTuned.element.hidden = !fineTuned;
  }

  setTheme(theme: Theme): void {
    const shared = this.#shared;
    if (!shared) return;
    shared.theme = theme;
    shared.colors = themeClassColors(theme, shared.colors.length);
  }

  setDragBrushes(dragBrushes: boolean): void {
    if (this.#shared) this.#shared.dragBrushes = dragBrushes;
  }

  /** Leaves the points of these classes out. */
  hideClasses(hidden: ReadonlySet<number>): void {
    const shared = this.#shared;
    if (!shared) return;
    for (let i = 0; i < shared.hidden.length; i++) shared.hidden[i] = hidden.has(shared.labels[i]) ? 1 : 0;
    if (shared.hovered >= 0 && shared.hidden[shared.hovered]) shared.hovered = -1;
  }

  /**
   * Shows the layout at a place between those of training.
   * @param at 0 is the first, `stageCount - 1` the last
   * @returns what is nearest to it in words
   */
  moveTo(at: number): string {
    if (this.#training.length > 0) morph(this.#training, at, this.#now);
    const nearest = this.#stages.training[Math.round(at)];
    if (!nearest || !this.#shared) return '';
    describe(this.#during, nearest, this.#shared.labels.length);
    this.draw();
    return stageName(nearest);
  }

  /** Points at a point from outside, in the plot in the middle. */
  pointAt(point: number): void {
    this.#hover(point, this.#during);
  }

  draw(): void {
    for (const plot of this.#all) if (!plot.element.hidden) plot.draw();
  }

  #hover(point: number, plot: Scatter): void {
    const shared = this.#shared;
    if (!shared || (shared.hovered === point && point < 0)) return;
    shared.hovered = point;
    const text = point >= 0 ? this.events.describe(point) : null;
    for (const each of this.#all) each.tip(each === plot ? text : null, point);
    this.events.onHover(point, document.activeElement === plot.canvas);
    this.#drawSoon();
  }
}

function describe(plot: Scatter, layout: Layout, points: number): void {
  const title = stageName(layout);
  const silhouette = layout.silhouette === null ? null : formatNumber(layout.silhouette, 3);
  plot.describe(
    title,
    silhouette === null ? '' : t('silhouette {0}', silhouette),
    silhouette === null
      ? t('{0}: {1} points. Arrow keys move from point to point.', title, points)
      : t('{0}: {1} points, silhouette {2}. Arrow keys move from point to point.', title, points, silhouette),
  );
}
