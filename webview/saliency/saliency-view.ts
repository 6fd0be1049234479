import type { SaliencyView as SaliencyData, saliencyPanel } from '../../src/protocol/panels/saliency';
import { element } from '../shared/dom';
import { noteItems } from '../shared/fact-list';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { methodNote } from './check-words';
import { ClassBars } from './class-bars';
import { coarseNote, framesNote, layerNote, membersNote, windowNote } from './figure-notes';
import { heardSeries, type HeardSeries } from './heard-series';
import { InfoMark } from './info-mark';
import { ClipPlayer } from './listen';
import { MapChecksView, type CheckedKey } from './map-checks';
import { SaliencyFigure, type FigureWindows } from './saliency-figure';
import { SaliencyToolbar } from './saliency-toolbar';
import { describeValue, saliencyTable, salientTable, summaryText } from './salient-values';
import { SeriesChanges } from './series-changes';
import { VerdictLine } from './verdict-line';

interface Kept extends FigureWindows {
  allLayers: boolean;
  opacity: number;
  checked: CheckedKey | null;
}

interface Shown {
  data: SaliencyData;
  heard: HeardSeries;
}

/** One series: what the model heard, where it looked, and what that means for the values of the series. */
export class SaliencyView implements PanelView<SaliencyData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #position = element('span', { class: 'muted' });
  readonly #verdict = new VerdictLine();
  readonly #summary = element('p', { class: 'visually-hidden' });
  readonly #notes = element('ul', { class: 'notes' });
  readonly #salient = element('div', {});
  readonly #busy = element('div', { class: 'busy', role: 'presentation', hidden: true });
  readonly #about = new InfoMark(t('About these maps'));
  readonly #bars: ClassBars;
  readonly #changes: SeriesChanges;
  readonly #toolbar: SaliencyToolbar;
  readonly #figure: SaliencyFigure;
  readonly #player: ClipPlayer;
  readonly #checks: MapChecksView;
  #checked: CheckedKey | null = null;
  #shown: Shown | null = null;

  constructor(private readonly context: PanelContext<typeof saliencyPanel.host, Kept>) {
    const { restored, remote } = context;
    this.#player = new ClipPlayer((seconds) => {
      this.#toolbar.isPlaying = seconds !== null;
      if (seconds === null) this.#figure.clearCursor();
      else this.#figure.setTime(seconds);
    });
    const kept = { allLayers: restored.allLayers === true, opacity: opacityIn(restored.opacity) };
    this.#toolbar = new SaliencyToolbar(context, kept, {
      onAllLayers: () => {
        this.#remember();
        this.#draw();
      },
      onOpacity: () => {
        this.#remember();
        this.#draw();
      },
      onListen: () => void this.#toggleSound(),
      onZoom: (factor) => this.#figure.zoom(factor),
      onShowAll: () => this.#figure.showAll(),
    });
    this.#figure = new SaliencyFigure({
      onWindow: () => this.#remember(),
      onValue: (index) => {
        if (this.#shown) context.announce(describeValue(index, this.#shown.heard));
      },
      onMove: (by) => this.#toolbar.move(by),
      onReveal: (value) => void context.attempt(remote.reveal({ value })),
      onSpan: (span) => this.#changes.select(span),
    });
    this.#bars = new ClassBars((name) => this.#toolbar.chooseClass(name));
    this.#changes = new SeriesChanges(context, {
      onChange: () => this.#draw(),
      onProbabilities: (probabilities) => this.#bars.setChanged(probabilities),
      onActive: (active) => (this.#figure.selecting = active),
    });
    this.#checks = new MapChecksView(context, (checked) => {
      this.#checked = checked;
      this.#remember();
    });
    const exports = context.exportButtons({
      name: () => {
        const { fileName = 'series', index = 0 } = this.#shown?.data ?? {};
        return [fileName, `series-${index + 1}`, 'saliency'];
      },
      picture: () => this.#figure.element,
      table: () => (this.#shown ? saliencyTable(this.#shown.heard) : { header: [], rows: [] }),
      json: () => this.#shown?.data ?? null,
    });
    this.element = element(
      'div',
      { class: 'view' },
      this.#busy,
      element(
        'header',
        { class: 'head' },
        this.#title,
        this.#position,
        this.#about.element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#verdict.element,
      this.#toolbar.element,
      this.#summary,
      element('div', { class: 'stage' }, this.#bars.element, this.#figure.element),
      this.#changes.element,
      this.#checks.element,
      element('details', {}, element('summary', {}, t('Most salient values as a table')), this.#salient),
      this.#notes,
    );
    document.addEventListener('keydown', (event) => this.#onPageKey(event));
    context.on('busy', ({ busy }) => {
      this.#busy.hidden = !busy;
      this.#figure.element.setAttribute('aria-busy', String(busy));
    });
    context.on('play', () => void this.#play());
    context.onTheme(() => this.#draw());
  }

  update(data: SaliencyData): void {
    const { restored } = this.context;
    const isFirst = this.#shown === null;
    // Read before the windows are restored, which remembers all choices anew.
    const checked = isFirst ? restored.checked : this.#checked;
    const shown = { data, heard: heardSeries(data) };
    this.#player.stop();
    this.#shown = shown;
    this.#busy.hidden = true;
    this.#figure.clearCursor();
    this.#drawHead(data);
    this.#changes.set(data);
    this.#toolbar.set(data);
    this.#draw();
    if (isFirst) this.#figure.restoreWindows(restored);
    this.#drawSummary(shown);
    this.#checks.update(data, checked);
  }

  #remember(): void {
    this.context.keep({
      ...this.#figure.windows,
      allLayers: this.#toolbar.allLayers,
      opacity: this.#toolbar.opacity,
      checked: this.#checked,
    });
  }

  #drawHead({ fileName, index, count, line, model, notes }: SaliencyData): void {
    this.#title.textContent = fileName;
    this.#position.textContent = t('series {0} of {1} · line {2} · {3}', index + 1, count, line, model);
    this.#notes.replaceChildren(...noteItems(notes));
  }

  #draw(): void {
    if (!this.#shown) return;
    const { data, heard } = this.#shown;
    const layers = heard.layers.filter(({ layer }) => this.#toolbar.shows(layer));
    this.#verdict.set(data, this.context.theme);
    this.#bars.set(data, this.context.theme);
    const { target } = data;
    const options = { target, opacity: this.#toolbar.opacity, changed: this.#changes.values };
    this.#figure.set(heard, layers, options, this.context.theme);
    this.#about.set([
      methodNote(data.method, data.defaultMethod),
      membersNote(data),
      coarseNote(heard),
      layerNote(layers, target),
      windowNote(heard),
      framesNote(heard),
      t('Drag over a plot to zoom in, Shift-drag to move, Ctrl-wheel to zoom, double-click to show all.'),
    ]);
  }

  #drawSummary({ data, heard }: Shown): void {
    this.#summary.textContent = summaryText(data, heard);
    this.context.announce(this.#summary.textContent);
    this.#salient.replaceChildren(salientTable(heard));
  }

  /** Page Up and Page Down change the series, with Shift to the next error, from anywhere in the panel but a list or a box for text. */
  #onPageKey(event: KeyboardEvent): void {
    if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
    if (event.target instanceof Element && event.target.closest('vscode-dropdown, vscode-text-field')) return;
    if (!this.#shown || this.element.getClientRects().length === 0) return;
    event.preventDefault();
    const by = event.key === 'PageDown' ? 1 : -1;
    if (event.shiftKey) this.#toolbar.moveToError(by);
    else this.#toolbar.move(by);
  }

  async #toggleSound(): Promise<void> {
    if (this.#player.playing) this.#player.stop();
    else await this.#play();
  }

  async #play(): Promise<void> {
    if (!this.#shown) return;
    const { reprogrammed, sampleRate } = this.#shown.heard;
    const isPlayed = await this.context.attempt(this.#player.play(reprogrammed, sampleRate));
    if (isPlayed === false)
      this.context.notice(t('The browser plays sound only after a click in this panel. Press Listen.'));
  }
}

/** Of the maps over the mel-spectrogram when nothing else was chosen. */
const DEFAULT_OPACITY = 0.8;

const opacityIn = (kept: unknown): number =>
  typeof kept === 'number' && kept >= 0 && kept <= 1 ? kept : DEFAULT_OPACITY;
