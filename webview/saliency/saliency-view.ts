import type { SaliencyView as SaliencyData, saliencyPanel } from '../../src/protocol/panels/saliency';
import type { SaliencyMethod } from '../../src/protocol/values';
import { classMark } from '../shared/charts/class-marks';
import { button, checkbox, numberField, select } from '../shared/controls';
import { element } from '../shared/dom';
import { columnsTable, type Table } from '../shared/model/export-text';
import { formatNumber, formatPercent } from '../shared/model/format';
import type { Window } from '../shared/model/scales';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import { clipMap, mostSalient, toClip, toSeries, windowInValues, type ClipMap } from './clip-map';
import { methodNote } from './check-words';
import { attentionContent, isEmptyMap, melContent, seriesContent, sourceContent, waveformContent } from './contents';
import { ClipPlayer } from './listen';
import { MapChecksView, type CheckedKey } from './map-checks';
import { sourceName } from './source-names';
import { TrackGroup } from './track-group';
import type { TrackContent } from './track';

type Host = typeof saliencyPanel.host;
interface Kept {
  allLayers: boolean;
  seriesWindow: Window | null;
  clipWindow: Window | null;
  checked: CheckedKey | null;
}

/** Up to so many layers all are shown without being asked for. */
const FEW_LAYERS = 2;
const PREDICTED = '\u0000predicted';

/** One series: what the model heard, where it looked, and what that means for the values of the series. */
export class SaliencyView implements PanelView<SaliencyData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #position = element('span', { class: 'muted' });
  readonly #verdict = element('div', { class: 'verdict' });
  readonly #summary = element('p', { class: 'visually-hidden' });
  readonly #notes = element('ul', { class: 'notes' });
  readonly #salient = element('div', {});
  readonly #busy = element('div', { class: 'busy', role: 'presentation', hidden: true });
  readonly #methodNote = element('p', { class: 'muted hint' });
  readonly #layerNote = element('p', { class: 'muted layer-note', hidden: true });
  readonly #windowNote = element('p', { class: 'muted hint' });
  readonly #figure: HTMLElement;
  readonly #seriesTracks: TrackGroup;
  readonly #clipTracks: TrackGroup;
  readonly #player: ClipPlayer;
  readonly #checks: MapChecksView;
  #checked: CheckedKey | null = null;
  readonly #previous = button('‹', () => this.#move(-1), { appearance: 'icon', title: t('Previous series (Page Up)') });
  readonly #next = button('›', () => this.#move(1), { appearance: 'icon', title: t('Next series (Page Down)') });
  readonly #goTo = numberField(t('Series'), 1, { min: 1, max: 1e9, integer: true }, (number) =>
    this.#goToNumber(number),
  );
  readonly #target = select(t('Class'), [{ value: PREDICTED, text: '' }], PREDICTED, (value) =>
    this.#choose({ target: value === PREDICTED ? null : value }),
  );
  readonly #method = select(t('Method'), [], '', (value) => this.#choose({ method: value as SaliencyMethod }));
  readonly #layer = select(t('Layer'), [], '', (value) => this.#choose({ layer: value }));
  readonly #allLayers = checkbox(t('All layers'), false, () => {
    this.#remember();
    this.#draw();
  });
  readonly #follow = checkbox(
    t('Follow editor'),
    true,
    (following) => void this.context.attempt(this.context.remote.follow({ following })),
  );
  readonly #listen = button(t('Listen'), () => void this.#toggleSound(), {
    title: t('Listen to the reprogrammed second'),
  });
  #data: SaliencyData | null = null;
  #map: ClipMap | null = null;
  /** position in the series (0 to its length) or on the clip, whichever the person points at */
  #cursor: { axis: 'series' | 'clip'; at: number } | null = null;

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    this.#allLayers.value = restored.allLayers === true;
    this.#player = new ClipPlayer((seconds) => {
      this.#listen.label = seconds === null ? t('Listen') : t('Stop');
      this.#setCursor(seconds === null ? null : { axis: 'clip', at: seconds });
    });
    this.#seriesTracks = new TrackGroup({
      title: t('On the original series'),
      axis: { title: t('position in the series'), format: (value) => formatNumber(value, 5) },
      onHover: (at) => this.#setCursor(at === null ? null : { axis: 'series', at }),
      onWindow: () => this.#remember(),
    });
    this.#clipTracks = new TrackGroup({
      title: t('What the acoustic model hears: one second'),
      axis: { title: t('seconds'), format: (value) => formatNumber(value, 4) },
      onHover: (at) => this.#setCursor(at === null ? null : { axis: 'clip', at }),
      onWindow: () => this.#remember(),
    });
    this.#figure = element(
      'div',
      {
        class: 'figure',
        tabindex: 0,
        role: 'group',
        'aria-label': t(
          'Saliency figure. Left and right arrow keys move the cursor, up and down change the series, plus and minus zoom, 0 shows all, Enter shows the value in the file.',
        ),
      },
      this.#seriesTracks.element,
      this.#clipTracks.element,
    );
    this.#figure.addEventListener('keydown', (event) => this.#onFigureKey(event));
    document.addEventListener('keydown', (event) => this.#onPageKey(event));
    this.#checks = new MapChecksView(context, (checked) => {
      this.#checked = checked;
      this.#remember();
    });
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', `series-${(this.#data?.index ?? 0) + 1}`, 'saliency'],
      picture: () => this.#figure,
      table: () => this.#table(),
      json: () => this.#data,
    });
    const zoom = element(
      'div',
      { class: 'zoom', role: 'group', 'aria-label': t('Zoom') },
      button('−', () => this.#zoom(1 / 1.6), { appearance: 'icon', title: t('Zoom out') }).element,
      button('+', () => this.#zoom(1.6), { appearance: 'icon', title: t('Zoom in') }).element,
      button(t('All'), () => this.#resetZoom(), { appearance: 'secondary', title: t('Show all') }).element,
    );
    this.element = element(
      'div',
      { class: 'view' },
      this.#busy,
      element('header', { class: 'head' }, this.#title, this.#position),
      this.#verdict,
      element(
        'div',
        { class: 'toolbar' },
        element('div', { class: 'stepper' }, this.#previous.element, this.#goTo.element, this.#next.element),
        this.#target.element,
        this.#method.element,
        this.#layer.element,
        this.#allLayers.element,
        this.#listen.element,
        zoom,
        this.#follow.element,
        button(t('Program…'), () => void context.attempt(remote.chooseProgram({})), {
          title: t('Choose the program that explains'),
        }).element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#summary,
      this.#methodNote,
      this.#figure,
      this.#layerNote,
      this.#windowNote,
      element(
        'p',
        { class: 'muted hint' },
        t('Drag over a plot to zoom in, Shift-drag to move, Ctrl-wheel to zoom, double-click to show all.'),
      ),
      this.#checks.element,
      element('details', {}, element('summary', {}, t('Most salient values as a table')), this.#salient),
      this.#notes,
    );
    context.on('busy', ({ busy }) => {
      this.#busy.hidden = !busy;
      this.#figure.setAttribute('aria-busy', String(busy));
    });
    context.on('play', () => void this.#sound());
    context.onTheme(() => this.#draw());
  }

  update(data: SaliencyData): void {
    const first = this.#data === null;
    this.#player.stop();
    this.#data = data;
    this.#busy.hidden = true;
    this.#map = clipMap(data.explanation.series.length, data.explanation.axes);
    this.#cursor = null;
    this.#drawHead(data);
    this.#drawControls(data);
    this.#draw();
    if (first) this.#restoreWindows();
    this.#drawSummary(data);
    this.#checks.update(data, first ? this.context.restored.checked : this.#checked);
  }

  #restoreWindows(): void {
    const { seriesWindow, clipWindow } = this.context.restored;
    if (isWindow(seriesWindow)) this.#seriesTracks.setWindow(seriesWindow);
    if (isWindow(clipWindow)) this.#clipTracks.setWindow(clipWindow);
  }

  #remember(): void {
    this.context.keep({
      allLayers: this.#allLayers.value,
      seriesWindow: this.#seriesTracks.zoomed ? this.#seriesTracks.window : null,
      clipWindow: this.#clipTracks.zoomed ? this.#clipTracks.window : null,
      checked: this.#checked,
    });
  }

  #drawHead(data: SaliencyData): void {
    const colors = themeClassColors(this.context.theme, data.classNames.length);
    const chip = (name: string): HTMLElement => {
      const index = data.classNames.indexOf(name);
      return element(
        'span',
        { class: 'chip' },
        index >= 0 ? classMark(index, colors[index]) : null,
        element('strong', {}, name),
      );
    };
    this.#title.textContent = data.fileName;
    this.#position.textContent = t(
      'series {0} of {1} · line {2} · {3}',
      data.index + 1,
      data.count,
      data.line,
      data.model,
    );
    const predictedAt = data.classNames.indexOf(data.predicted);
    const verdict: (Node | string)[] = [
      element(
        'span',
        {},
        t('Predicted'),
        ' ',
        chip(data.predicted),
        ' ',
        formatPercent(data.probabilities[predictedAt]),
      ),
    ];
    if (data.truth !== null) {
      const right = data.truth === data.predicted;
      verdict.push(
        element('span', {}, t('Label'), ' ', chip(data.truth)),
        element('span', { class: right ? 'right' : 'wrong' }, right ? t('✓ right') : t('✗ wrong')),
      );
    }
    if (!data.targetIsPredicted) verdict.push(element('span', {}, t('Explained class'), ' ', chip(data.target)));
    this.#verdict.replaceChildren(...verdict);
    this.#notes.replaceChildren(...data.notes.map((note) => element('li', {}, note)));
  }

  #drawControls(data: SaliencyData): void {
    this.#goTo.value = data.index + 1;
    this.#previous.disabled = data.index === 0;
    this.#next.disabled = data.index >= data.count - 1;
    this.#target.setOptions([
      { value: PREDICTED, text: t('predicted ({0})', data.predicted) },
      ...data.classNames.map((name) => ({ value: name, text: name })),
    ]);
    this.#target.value = data.targetIsPredicted ? PREDICTED : data.target;
    this.#method.setOptions(data.methods.map((method) => ({ value: method, text: sourceName(method) })));
    this.#method.value = data.method;
    this.#layer.setOptions(data.layers.map((layer) => ({ value: layer, text: layer })));
    this.#layer.value = data.layer ?? '';
    this.#layer.element.hidden = data.layers.length < 2;
    this.#allLayers.element.hidden = data.layers.length <= FEW_LAYERS;
    this.#follow.value = data.following;
  }

  /** The source that tints the series: the method of the waveform, else the chosen layer. */
  #source(data: SaliencyData): { source: string; values: Float32Array } | null {
    const { onSeries } = data.explanation;
    const wanted = data.method === 'grad-cam' ? data.layer : data.method;
    return onSeries.find(({ source }) => source === wanted) ?? onSeries.at(-1) ?? null;
  }

  #draw(): void {
    const data = this.#data;
    const map = this.#map;
    if (!data || !map) return;
    const { theme } = this.context;
    const { explanation } = data;
    const source = this.#source(data);
    this.#seriesTracks.set(
      [
        seriesContent(explanation.series, source && { name: sourceName(source.source), values: source.values }, theme),
        // The one that tints the series first, nearest to it.
        ...explanation.onSeries
          .toSorted((a, b) => Number(b === source) - Number(a === source))
          .map(({ source: name, values }) => sourceContent(name, values, theme)),
      ],
      { from: 0, to: map.length },
      Math.min(4, map.length),
    );
    const all = this.#allLayers.value || data.layers.length <= FEW_LAYERS;
    const shown = explanation.cam.filter(({ layer }) => all || layer === data.layer);
    const attention = attentionContent(explanation);
    const contents: (TrackContent | null)[] = [
      waveformContent(explanation, map),
      attention,
      melContent(explanation, theme, null),
      ...shown.map(({ layer, grid, scaledActivation }) =>
        melContent(explanation, theme, {
          title: scaledActivation
            ? t('(d) Class activation of {0}: a single channel, scaled', layer)
            : t('(d) Class activation of {0}', layer),
          grid,
        }),
      ),
    ];
    this.#clipTracks.set(
      contents.filter((content) => content !== null),
      { from: 0, to: explanation.axes.clipSamples / explanation.axes.sampleRate },
      0.005,
    );
    const { windowSeconds } = explanation.axes;
    this.#windowNote.textContent = t(
      'One frame hears {0} ms, as long as {1} values of this series of {2}; the band at the cursor shows it.',
      formatNumber(1000 * windowSeconds, 3),
      Math.round(windowInValues(map, windowSeconds)),
      map.length,
    );
    this.#methodNote.textContent = methodNote(data.method);
    this.#drawLayerNote(shown, data.target);
    this.#setCursor(this.#cursor);
  }

  /** What is peculiar to the Grad-CAM of the layers that are shown. */
  #drawLayerNote(shown: SaliencyData['explanation']['cam'], target: string): void {
    const names = (maps: typeof shown): string => maps.map(({ layer }) => layer).join(', ');
    const single = shown.filter(({ scaledActivation }) => scaledActivation);
    const empty = shown.filter(({ grid }) => isEmptyMap(grid.values));
    const notes = [
      single.length > 0 &&
        t(
          '{0} has a single channel, so its Grad-CAM is its activation times one number: it shows where the layer is active, not which of its features speak for the class.',
          names(single),
        ),
      empty.length > 0 &&
        t(
          'The Grad-CAM of {0} is empty: it keeps only what speaks for a class, and the weighted activation of the layer is nowhere positive for {1}. Choose another class or layer, or a method on the waveform.',
          names(empty),
          target,
        ),
    ].filter((note) => note !== false);
    this.#layerNote.hidden = notes.length === 0;
    this.#layerNote.textContent = notes.join(' ');
  }

  #setCursor(cursor: { axis: 'series' | 'clip'; at: number } | null): void {
    this.#cursor = cursor;
    const [data, map] = [this.#data, this.#map];
    if (!cursor || !data || !map) {
      this.#seriesTracks.setCursor(null, null);
      this.#clipTracks.setCursor(null, null);
      return;
    }
    const half = data.explanation.axes.windowSeconds / 2;
    const position = cursor.axis === 'series' ? cursor.at : toSeries(map, cursor.at);
    const times = cursor.axis === 'clip' ? [cursor.at] : toClip(map, cursor.at);
    this.#seriesTracks.setCursor(
      position === null ? null : { at: [position], reach: windowInValues(map, half) },
      position,
    );
    this.#clipTracks.setCursor({ at: times, reach: half }, times[0] ?? null);
  }

  #onFigureKey(event: KeyboardEvent): void {
    const map = this.#map;
    if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 10 : 1;
    const at = this.#cursorValue();
    const to = (index: number): void => {
      const clamped = Math.max(0, Math.min(map.length - 1, index));
      this.#setCursor({ axis: 'series', at: clamped + 0.5 });
      this.context.announce(this.#describeValue(clamped));
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => to((at ?? map.length) - step),
      ArrowRight: () => to((at ?? -1) + step),
      Home: () => to(0),
      End: () => to(map.length - 1),
      ArrowUp: () => this.#move(-1),
      ArrowDown: () => this.#move(1),
      '+': () => this.#zoom(1.6),
      '=': () => this.#zoom(1.6),
      '-': () => this.#zoom(1 / 1.6),
      '0': () => this.#resetZoom(),
      Enter: () => void this.context.attempt(this.context.remote.reveal({ value: at })),
      Escape: () => this.#setCursor(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** Page Up and Page Down change the series from anywhere in the panel but a list or a box for text. */
  #onPageKey(event: KeyboardEvent): void {
    if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
    if (event.target instanceof Element && event.target.closest('vscode-dropdown, vscode-text-field')) return;
    if (!this.#data || this.element.getClientRects().length === 0) return;
    event.preventDefault();
    this.#move(event.key === 'PageDown' ? 1 : -1);
  }

  /** The value under the cursor, or null. */
  #cursorValue(): number | null {
    if (!this.#cursor || !this.#map) return null;
    const position = this.#cursor.axis === 'series' ? this.#cursor.at : toSeries(this.#map, this.#cursor.at);
    return position === null ? null : Math.min(this.#map.length - 1, Math.floor(position));
  }

  #describeValue(index: number): string {
    const data = this.#data;
    if (!data) return '';
    const source = this.#source(data);
    const saliency = source ? source.values[index] : NaN;
    const value = t('Value {0}: {1}', index, formatNumber(data.explanation.series[index], 4));
    return Number.isNaN(saliency) ? value : `${value}, ${t('saliency')} ${formatNumber(saliency, 3)}`;
  }

  #move(by: number): void {
    const data = this.#data;
    if (!data || data.index + by < 0 || data.index + by >= data.count) return;
    void this.context.attempt(this.context.remote.move({ by }));
  }

  #goToNumber(number: number): void {
    const data = this.#data;
    if (!data) return;
    const index = Math.max(0, Math.min(data.count - 1, number - 1));
    this.#goTo.value = index + 1;
    void this.context.attempt(this.context.remote.goTo({ index }));
  }

  #choose(choice: Parameters<typeof this.context.remote.choose>[0]): void {
    void this.context.attempt(this.context.remote.choose(choice));
  }

  #zoom(factor: number): void {
    this.#seriesTracks.zoom(factor);
    this.#clipTracks.zoom(factor);
  }

  #resetZoom(): void {
    this.#seriesTracks.reset();
    this.#clipTracks.reset();
  }

  async #toggleSound(): Promise<void> {
    if (this.#player.playing) this.#player.stop();
    else await this.#sound();
  }

  async #sound(): Promise<void> {
    const data = this.#data;
    if (!data) return;
    const { reprogrammed, axes } = data.explanation;
    const played = await this.context.attempt(this.#player.play(reprogrammed, axes.sampleRate));
    if (played === false)
      this.context.notice(t('The browser plays sound only after a click in this panel: press Listen.'));
  }

  #drawSummary(data: SaliencyData): void {
    const source = this.#source(data);
    const top = source ? mostSalient(source.values, 20) : [];
    const positions = top
      .slice(0, 3)
      .map(({ index }) => index)
      .join(', ');
    this.#summary.textContent = t(
      'Series {0}: predicted {1}. By {2} the most salient values are at positions {3}.',
      data.index + 1,
      data.predicted,
      source ? sourceName(source.source) : t('no method'),
      positions,
    );
    this.context.announce(this.#summary.textContent);
    this.#salient.replaceChildren(
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[t('position'), t('value'), source ? sourceName(source.source) : t('saliency')].map((title) =>
              element('th', { scope: 'col' }, title),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          ...top.map(({ index, saliency }) =>
            element(
              'tr',
              {},
              element('td', { class: 'number-cell' }, String(index)),
              element('td', { class: 'number-cell' }, formatNumber(data.explanation.series[index], 4)),
              element('td', { class: 'number-cell' }, formatNumber(saliency, 3)),
            ),
          ),
        ),
      ),
    );
  }

  /** The series with every source of saliency beside its values. */
  #table(): Table {
    const explanation = this.#data?.explanation;
    if (!explanation) return { header: [], rows: [] };
    return columnsTable([
      { name: 'position', values: Array.from(explanation.series, (_, i) => i) },
      { name: 'value', values: explanation.series },
      ...explanation.onSeries.map(({ source, values }) => ({ name: source, values })),
    ]);
  }
}

function isWindow(value: unknown): value is Window {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Window).from === 'number' &&
    typeof (value as Window).to === 'number'
  );
}
