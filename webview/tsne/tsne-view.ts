import type { Layout, TsneView as TsneData, tsnePanel } from '../../src/protocol/panels/tsne';
import type { Projection } from '../../src/protocol/values';
import { classMark } from '../shared/charts/class-marks';
import { Legend } from '../shared/charts/legend';
import { VirtualTable } from '../shared/charts/virtual-table';
import { button, checkbox, numberField, progressBar, select, slider } from '../shared/controls';
import { element, perFrame } from '../shared/dom';
import { formatCount, formatNumber } from '../shared/model/format';
import { ease, morph } from '../shared/model/morph';
import { PointSelection } from '../shared/model/selection';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';
import { centered, layoutTable, stagesOf, type Stages } from './layouts';
import { Scatter, initialRotation, type ScatterShared } from './scatter';

type Host = typeof tsnePanel.host;
interface Kept {
  hiddenClasses: number[];
  /** 0: before, 1: after */
  position: number;
  dragBrushes: boolean;
}

const PROJECTION_NAMES: Record<Projection, string> = { 't-sne': 't-SNE', umap: 'UMAP', pca: 'PCA' };
/** How long the way from before to after takes, ms. */
const ANIMATION = 4000;

/** The logits of every series in two or three dimensions: before, through, and after reprogramming, side by side. */
export class TsneView implements PanelView<TsneData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #before: Scatter;
  readonly #during: Scatter;
  readonly #fineTuned: Scatter;
  readonly #legend = new Legend((hidden) => this.#hideClasses(hidden));
  readonly #readout = element('p', { class: 'readout muted' });
  readonly #noFineTuned = element('div', { class: 'no-fine-tuned muted', hidden: true });
  readonly #hint = element('p', { class: 'muted hint' });
  readonly #notes = element('ul', { class: 'notes' });
  readonly #busyBar = progressBar(t('Computing the layout'));
  readonly #busy = element(
    'div',
    { class: 'busy-row', hidden: true },
    element('span', { class: 'muted' }, t('Computing the layout…')),
    this.#busyBar.element,
  );
  readonly #table: VirtualTable;
  readonly #tableTitle = element('summary', {});
  readonly #plots: HTMLElement;
  readonly #projection = select(
    t('Projection'),
    Object.entries(PROJECTION_NAMES).map(([value, text]) => ({ value, text })),
    't-sne',
    (value) => this.#configure({ projection: value as Projection }),
  );
  readonly #dimensions = select(
    t('Dimensions'),
    ['2', '3'].map((value) => ({ value, text: `${value}D` })),
    '2',
    (value) => this.#configure({ dimensions: value === '3' ? 3 : 2 }),
  );
  readonly #perplexity = numberField(t('Perplexity'), 30, { min: 1, max: 1000 }, (perplexity) =>
    this.#configure({ perplexity }),
  );
  readonly #seed = numberField(t('Seed'), 1, { min: 0, max: 2 ** 32 - 1, integer: true }, (seed) =>
    this.#configure({ seed }),
  );
  readonly #brushes = checkbox(t('Drag selects'), false, (brushes) => {
    if (this.#shared) this.#shared.dragBrushes = brushes;
    this.#remember();
  });
  readonly #epoch = slider(t('Epoch'), { min: 0, max: 1, step: 0.01 }, 1, (value) => {
    this.#stopAnimation();
    this.#moveTo(value);
    this.#remember();
  });
  readonly #play = button('▶', () => this.#toggleAnimation(), {
    appearance: 'icon',
    title: t('Play from before to after'),
  });
  readonly #drawSoon = perFrame(() => this.#drawPlots());
  #data: TsneData | null = null;
  #stages: Stages = { before: null, training: [], fineTuned: null };
  /** of the layouts of training, centered */
  #training: Float64Array[] = [];
  #now = new Float64Array(0);
  #shared: ScatterShared | null = null;
  #position = 1;
  #animation = 0;

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    const events = {
      onHover: (point: number, plot: Scatter) => this.#hover(point, plot),
      onBrush: this.#drawSoon,
      onBrushEnd: () => this.#selectionChanged(),
      onRotate: this.#drawSoon,
      onOpen: (point: number) => this.#open(point),
    };
    const shared = () => this.#shared;
    this.#before = new Scatter(shared, events);
    this.#during = new Scatter(shared, events);
    this.#fineTuned = new Scatter(shared, events);
    this.#position = typeof restored.position === 'number' ? restored.position : 1;
    this.#table = new VirtualTable({
      label: t('Selected series'),
      onActivate: (point) => this.#open(point),
      onCursor: (point) => this.#hover(point, this.#during),
    });
    this.#plots = element(
      'div',
      { class: 'plots' },
      this.#before.element,
      this.#during.element,
      this.#fineTuned.element,
    );
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'tsne'],
      picture: () => this.#picture,
      table: () => (this.#data ? layoutTable(this.#data) : { header: [], rows: [] }),
      json: () => this.#data,
    });
    const epochRow = element('div', { class: 'epoch-row' }, this.#play.element, this.#epoch.element);
    this.#picture = element('div', { class: 'picture' }, this.#legend.element, this.#plots);
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts),
      element(
        'div',
        { class: 'toolbar' },
        this.#projection.element,
        this.#dimensions.element,
        this.#perplexity.element,
        this.#seed.element,
        this.#brushes.element,
        button(t('Program…'), () => void context.attempt(remote.chooseProgram({}))).element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#busy,
      epochRow,
      this.#picture,
      this.#readout,
      this.#hint,
      this.#noFineTuned,
      element('details', { class: 'points' }, this.#tableTitle, this.#table.element),
      this.#notes,
    );
    this.#brushes.value = restored.dragBrushes === true;
    context.on('busy', ({ busy, done, total }) => {
      this.#busy.hidden = !busy;
      this.#busyBar.fraction = total > 0 ? done / total : null;
    });
    context.onTheme((theme) => this.#applyTheme(theme));
  }
  readonly #picture: HTMLElement;

  update(data: TsneData): void {
    const before = this.#data;
    const samePoints = before !== null && before.file === data.file && before.labels.length === data.labels.length;
    this.#stopAnimation();
    this.#data = data;
    this.#busy.hidden = true;
    this.#stages = stagesOf(data.layouts);
    const { coordinates, reach } = centered(data.layouts, data.options.dimensions);
    const of = (layout: Layout): Float64Array => coordinates[data.layouts.indexOf(layout)];
    this.#training = this.#stages.training.map(of);
    this.#now = new Float64Array(this.#training[0]?.length ?? 0);
    const points = data.labels.length;
    const old = this.#shared;
    this.#shared = {
      theme: this.context.theme,
      labels: data.labels,
      colors: themeClassColors(this.context.theme, data.classNames.length),
      hidden: new Uint8Array(points),
      selection: samePoints && old ? old.selection : new PointSelection(points),
      hovered: -1,
      dimensions: data.options.dimensions,
      reach,
      rotation: old?.rotation ?? initialRotation(),
      dragBrushes: this.#brushes.value,
    };
    if (this.#stages.before) this.#before.set(of(this.#stages.before));
    this.#during.set(this.#now);
    if (this.#stages.fineTuned) this.#fineTuned.set(of(this.#stages.fineTuned));
    this.#before.element.hidden = !this.#stages.before || this.#training.length < 2;
    this.#fineTuned.element.hidden = !this.#stages.fineTuned;
    this.#drawHead(data);
    this.#drawLegend(samePoints ? this.#legend.hidden : this.#restoredHidden());
    const last = Math.max(0, this.#training.length - 1);
    this.#epoch.setRange(0, last || 1, last > 0 ? last / 200 : 1);
    this.#epoch.disabled = last === 0;
    this.#play.disabled = last === 0;
    this.#moveTo(this.#position * last);
    this.#selectionChanged();
  }

  #restoredHidden(): number[] {
    const { hiddenClasses } = this.context.restored;
    return Array.isArray(hiddenClasses) ? hiddenClasses.filter((c): c is number => typeof c === 'number') : [];
  }

  #remember(): void {
    this.context.keep({
      hiddenClasses: [...this.#legend.hidden],
      position: this.#position,
      dragBrushes: this.#brushes.value,
    });
  }

  #drawHead(data: TsneData): void {
    const { options, labels, total } = data;
    this.#title.textContent = data.fileName;
    const sample = labels.length < total ? t(' (a sample of {0})', total.toLocaleString('en-US')) : '';
    this.#facts.textContent = `${formatCount(labels.length, 'series', 'series')}${sample} · ${data.programName}`;
    this.#projection.value = options.projection;
    this.#dimensions.value = String(options.dimensions);
    this.#perplexity.value = options.perplexity;
    this.#seed.value = options.seed;
    this.#perplexity.element.hidden = options.projection === 'pca';
    this.#brushes.element.hidden = options.dimensions === 2;
    this.#hint.textContent =
      options.dimensions === 3
        ? t(
            'A click on a point opens its saliency. Drag to turn the clouds, with Alt to select in all plots, with Shift to add, with Ctrl to remove; arrow keys walk from point to point, Shift and arrows turn.',
          )
        : t(
            'A click on a point opens its saliency. Drag to select in all plots, with Shift to add, with Ctrl to remove; arrow keys walk from point to point.',
          );
    const notes = [...data.notes];
    if (options.projection === 't-sne' && Math.abs(data.perplexityUsed - options.perplexity) > 1e-6)
      notes.unshift(
        t(
          'A perplexity of {0} is too much for {1} points; {2} is used.',
          options.perplexity,
          labels.length,
          formatNumber(data.perplexityUsed, 3),
        ),
      );
    this.#drawNoFineTuned(data);
    this.#notes.replaceChildren(...notes.map((note) => element('li', {}, note)));
  }

  /** How the third place is filled. */
  #drawNoFineTuned({ fineTuned, fineTuneCommand }: TsneData): void {
    this.#noFineTuned.hidden = fineTuned !== null;
    this.#noFineTuned.replaceChildren();
    if (fineTuned !== null) return;
    const copy = async (): Promise<void> => {
      await navigator.clipboard.writeText(fineTuneCommand);
      this.context.announce(t('Copied.'));
    };
    this.#noFineTuned.replaceChildren(
      element(
        'p',
        {},
        t(
          'A third plot shows what the same acoustic model makes of these series when all its weights are fine-tuned on them instead, once there is such a model. This command makes it:',
        ),
      ),
      element('code', {}, fineTuneCommand),
      element(
        'div',
        { class: 'actions' },
        button(t('Copy Command'), () => void this.context.attempt(copy())).element,
        button(t('Look Again'), () => this.#configure({}), { title: t('Look again for a fine-tuned model') }).element,
      ),
    );
  }

  #drawLegend(hidden: Iterable<number>): void {
    const [data, shared] = [this.#data, this.#shared];
    if (!data || !shared) return;
    const counts = new Array<number>(data.classNames.length).fill(0);
    for (const label of data.labels) if (label >= 0) counts[label]++;
    this.#legend.set(
      data.classNames.map((name, i) => ({ name, color: shared.colors[i], count: counts[i] })),
      hidden,
    );
    this.#applyHidden(this.#legend.hidden);
  }

  #hideClasses(hidden: ReadonlySet<number>): void {
    this.#applyHidden(hidden);
    this.#remember();
    this.#drawPlots();
    this.#selectionChanged();
  }

  #applyHidden(hidden: ReadonlySet<number>): void {
    const shared = this.#shared;
    if (!shared) return;
    for (let i = 0; i < shared.hidden.length; i++) shared.hidden[i] = hidden.has(shared.labels[i]) ? 1 : 0;
    if (shared.hovered >= 0 && shared.hidden[shared.hovered]) shared.hovered = -1;
  }

  #applyTheme(theme: Theme): void {
    const [data, shared] = [this.#data, this.#shared];
    if (!data || !shared) return;
    shared.theme = theme;
    shared.colors = themeClassColors(theme, data.classNames.length);
    this.#drawLegend(this.#legend.hidden);
    this.#drawPlots();
    this.#selectionChanged();
  }

  /** @param position between 0 and the last layout of training */
  #moveTo(position: number): void {
    const last = Math.max(0, this.#training.length - 1);
    this.#position = last > 0 ? position / last : 1;
    this.#epoch.value = position;
    if (this.#training.length > 0) morph(this.#training, position, this.#now);
    const nearest = this.#stages.training[Math.round(position)];
    const data = this.#data;
    if (!data || !nearest) return;
    this.#epoch.text = stageName(nearest);
    const describe = (plot: Scatter, layout: Layout, title: string): void => {
      const note = layout.silhouette === null ? '' : t('silhouette {0}', formatNumber(layout.silhouette, 3));
      plot.describe(
        title,
        note,
        t('{0}: {1} points. {2}. Arrow keys walk from point to point.', title, data.labels.length, note),
      );
    };
    if (this.#stages.before) describe(this.#before, this.#stages.before, t('Before reprogramming'));
    if (this.#stages.fineTuned) describe(this.#fineTuned, this.#stages.fineTuned, t('Fine-tuned'));
    describe(this.#during, nearest, stageName(nearest));
    this.#drawPlots();
  }

  #drawPlots(): void {
    for (const plot of [this.#before, this.#during, this.#fineTuned]) if (!plot.element.hidden) plot.draw();
  }

  #toggleAnimation(): void {
    if (this.#animation) {
      this.#stopAnimation();
      return;
    }
    const last = this.#training.length - 1;
    if (this.context.theme.still) {
      // No movement: each press shows the next stored layout.
      const next = this.#position >= 1 ? 0 : Math.floor(this.#position * last + 1);
      this.#moveTo(next);
      this.#remember();
      return;
    }
    const start = performance.now();
    const tick = (now: number): void => {
      const share = Math.min(1, (now - start) / ANIMATION);
      this.#moveTo(ease(share) * last);
      if (share < 1) this.#animation = requestAnimationFrame(tick);
      else {
        this.#stopAnimation();
        this.#remember();
      }
    };
    this.#play.label = '❚❚';
    this.#animation = requestAnimationFrame(tick);
  }

  #stopAnimation(): void {
    if (this.#animation) cancelAnimationFrame(this.#animation);
    this.#animation = 0;
    this.#play.label = '▶';
  }

  #describePoint(point: number): string {
    const data = this.#data;
    if (!data) return '';
    const name = (index: number): string => (index < 0 ? t('no label') : data.classNames[index]);
    const right = data.labels[point] === data.predicted[point];
    const predicted = right ? '' : ` · ${t('predicted {0}', name(data.predicted[point]))}`;
    return `${t('line {0}', data.lines[point])} · ${name(data.labels[point])}${predicted}`;
  }

  #hover(point: number, plot: Scatter): void {
    const shared = this.#shared;
    if (!shared || (shared.hovered === point && point < 0)) return;
    shared.hovered = point;
    const text = point >= 0 ? this.#describePoint(point) : null;
    for (const each of [this.#before, this.#during, this.#fineTuned]) each.tip(each === plot ? text : null, point);
    if (text && document.activeElement === plot.canvas) this.context.announce(text);
    this.#drawSoon();
  }

  #open(point: number): void {
    const data = this.#data;
    if (data) void this.context.attempt(this.context.remote.openSaliency({ index: data.indices[point] }));
  }

  #configure(options: Parameters<typeof this.context.remote.configure>[0]): void {
    void this.context.attempt(this.context.remote.configure(options));
  }

  #selectionChanged(): void {
    const [data, shared] = [this.#data, this.#shared];
    if (!data || !shared) return;
    this.#drawPlots();
    const chosen = shared.selection.empty
      ? Array.from({ length: data.labels.length }, (_, i) => i)
      : shared.selection.indices();
    const shown = chosen.filter((point) => !shared.hidden[point]);
    const wrong = shown.filter((i) => data.labels[i] >= 0 && data.labels[i] !== data.predicted[i]).length;
    this.#readout.textContent = shared.selection.empty
      ? t('Nothing selected · {0}, {1} predicted wrong', formatCount(shown.length, 'series', 'series'), wrong)
      : t('Selected: {0}, {1} predicted wrong', formatCount(shown.length, 'series', 'series'), wrong);
    this.#tableTitle.textContent = shared.selection.empty
      ? t('All series as a table')
      : t('Selected series as a table');
    const name = (index: number): string => (index < 0 ? '' : data.classNames[index]);
    const marked = (index: number): Node | string =>
      index < 0
        ? ''
        : element('span', { class: 'chip' }, classMark(index, shared.colors[index], 11), data.classNames[index]);
    this.#table.set(
      [
        { id: 'line', title: t('line'), width: '80px', numeric: true, value: (i) => data.lines[i] },
        {
          id: 'label',
          title: t('label'),
          width: 'minmax(100px, 1fr)',
          value: (i) => name(data.labels[i]),
          show: (i) => marked(data.labels[i]),
        },
        {
          id: 'predicted',
          title: t('predicted'),
          width: 'minmax(100px, 1fr)',
          value: (i) => name(data.predicted[i]),
          show: (i) => marked(data.predicted[i]),
        },
        {
          id: 'right',
          title: t('right'),
          width: '80px',
          value: (i) => (data.labels[i] < 0 ? null : data.labels[i] === data.predicted[i]),
          show: (i) => (data.labels[i] < 0 ? '' : data.labels[i] === data.predicted[i] ? '✓' : '✗'),
        },
      ],
      shown,
    );
  }
}

function stageName({ stage, epoch }: Layout): string {
  switch (stage) {
    case 'before':
      return t('Before reprogramming');
    case 'epoch':
      return t('After epoch {0}', epoch ?? 0);
    case 'after':
      return epoch === null ? t('After reprogramming') : t('After reprogramming, epoch {0}', epoch);
    case 'fine_tuned':
      return t('Fine-tuned');
  }
}
