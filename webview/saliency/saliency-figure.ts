import { element } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import type { Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { attentionContent, melContent, waveformContent } from './clip-contents';
import { toClip, toSeries, windowInValues } from './clip-map';
import type { HeardSeries, LayerMap } from './heard-series';
import { seriesContent, sourceContent } from './series-contents';
import { sourceName } from './source-names';
import { TrackGroup } from './track-group';
import type { TrackContent } from './track';

/** A position in the series (0 to its length) or on the clip (seconds), whichever the person points at. */
interface Cursor {
  axis: 'series' | 'clip';
  at: number;
}

/** The windows that the person has zoomed into; null shows all. */
export interface FigureWindows {
  seriesWindow: Window | null;
  clipWindow: Window | null;
}

interface SaliencyFigureEvents {
  onWindow(): void;
  /** told the value the keyboard's cursor went to, from 0 */
  onValue(index: number): void;
  /** the person wants to go by so many series */
  onMove(by: number): void;
  /** the person wants to see a value in the file, null: the series alone */
  onReveal(index: number | null): void;
}

const ZOOM_STEP = 1.6;

/** The series and the clip as two groups of tracks, with one cursor over both. */
export class SaliencyFigure {
  readonly element: HTMLElement;
  readonly #seriesTracks: TrackGroup;
  readonly #clipTracks: TrackGroup;
  #heard: HeardSeries | null = null;
  #cursor: Cursor | null = null;

  constructor(private readonly events: SaliencyFigureEvents) {
    this.#seriesTracks = new TrackGroup({
      title: t('On the original series'),
      axis: { title: t('position in the series'), format: (value) => formatNumber(value, 5) },
      onHover: (at) => this.#setCursor(at === null ? null : { axis: 'series', at }),
      onWindow: () => events.onWindow(),
    });
    this.#clipTracks = new TrackGroup({
      title: t('What the acoustic model hears: one second'),
      axis: { title: t('seconds'), format: (value) => formatNumber(value, 4) },
      onHover: (at) => this.#setCursor(at === null ? null : { axis: 'clip', at }),
      onWindow: () => events.onWindow(),
    });
    this.element = element(
      'div',
      {
        class: 'figure',
        tabindex: 0,
        role: 'group',
        'aria-label': t(
          'Saliency figure. The left and right arrow keys move the cursor, up and down change the series, plus and minus zoom, 0 shows all, Enter shows the value in the file.',
        ),
      },
      this.#seriesTracks.element,
      this.#clipTracks.element,
    );
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
  }

  get windows(): FigureWindows {
    return {
      seriesWindow: this.#seriesTracks.zoomed ? this.#seriesTracks.window : null,
      clipWindow: this.#clipTracks.zoomed ? this.#clipTracks.window : null,
    };
  }

  /** @param kept windows of an earlier session; what is none is left alone */
  restoreWindows({ seriesWindow, clipWindow }: { [K in keyof FigureWindows]?: unknown }): void {
    if (isWindow(seriesWindow)) this.#seriesTracks.setWindow(seriesWindow);
    if (isWindow(clipWindow)) this.#clipTracks.setWindow(clipWindow);
  }

  /** @param layers maps to show */
  set(heard: HeardSeries, layers: readonly LayerMap[], theme: Theme): void {
    this.#heard = heard;
    const { length } = heard.map;
    this.#seriesTracks.set(seriesTracks(heard, theme), { from: 0, to: length }, Math.min(4, length));
    this.#clipTracks.set(clipTracks(heard, layers, theme), { from: 0, to: heard.duration }, 0.005);
    this.#setCursor(this.#cursor);
  }

  clearCursor(): void {
    this.#setCursor(null);
  }

  /** Puts the cursor where the clip is heard now. */
  setTime(seconds: number): void {
    this.#setCursor({ axis: 'clip', at: seconds });
  }

  zoom(factor: number): void {
    this.#seriesTracks.zoom(factor);
    this.#clipTracks.zoom(factor);
  }

  showAll(): void {
    this.#seriesTracks.reset();
    this.#clipTracks.reset();
  }

  #setCursor(cursor: Cursor | null): void {
    this.#cursor = cursor;
    const heard = this.#heard;
    if (!cursor || !heard) {
      this.#seriesTracks.setCursor(null, null);
      this.#clipTracks.setCursor(null, null);
      return;
    }
    const half = heard.windowSeconds / 2;
    const position = this.#position(cursor, heard);
    const times = cursor.axis === 'clip' ? [cursor.at] : toClip(heard.map, cursor.at);
    this.#seriesTracks.setCursor(
      position === null ? null : { at: [position], reach: windowInValues(heard.map, half) },
      position,
    );
    this.#clipTracks.setCursor({ at: times, reach: half }, times[0] ?? null);
  }

  #position({ axis, at }: Cursor, { map }: HeardSeries): number | null {
    return axis === 'series' ? at : toSeries(map, at);
  }

  /** The value under the cursor, or null. */
  #cursorValue(heard: HeardSeries): number | null {
    const position = this.#cursor && this.#position(this.#cursor, heard);
    return position === null ? null : Math.min(heard.map.length - 1, Math.floor(position));
  }

  #onKey(event: KeyboardEvent): void {
    const heard = this.#heard;
    if (!heard || event.ctrlKey || event.metaKey || event.altKey) return;
    const { length } = heard.map;
    const step = event.shiftKey ? 10 : 1;
    const at = this.#cursorValue(heard);
    const to = (index: number): void => {
      const clamped = Math.max(0, Math.min(length - 1, index));
      this.#setCursor({ axis: 'series', at: clamped + 0.5 });
      this.events.onValue(clamped);
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => to((at ?? length) - step),
      ArrowRight: () => to((at ?? -1) + step),
      Home: () => to(0),
      End: () => to(length - 1),
      ArrowUp: () => this.events.onMove(-1),
      ArrowDown: () => this.events.onMove(1),
      '+': () => this.zoom(ZOOM_STEP),
      '=': () => this.zoom(ZOOM_STEP),
      '-': () => this.zoom(1 / ZOOM_STEP),
      '0': () => this.showAll(),
      Enter: () => this.events.onReveal(at),
      Escape: () => this.#setCursor(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

function seriesTracks({ series, sources, tint }: HeardSeries, theme: Theme): TrackContent[] {
  return [
    seriesContent(series, tint && { name: sourceName(tint.source), values: tint.values }, theme),
    // The one that tints the series first, nearest to it.
    ...sources
      .toSorted((a, b) => Number(b === tint) - Number(a === tint))
      .map(({ source, values }) => sourceContent(source, values, theme)),
  ];
}

function clipTracks(heard: HeardSeries, layers: readonly LayerMap[], theme: Theme): TrackContent[] {
  const attention = attentionContent(heard);
  return [
    waveformContent(heard),
    ...(attention ? [attention] : []),
    melContent(heard, theme, null),
    ...layers.map(({ layer, grid, scaledActivation }) => {
      const title = scaledActivation
        ? t('(d) Class activation of {0}: a single channel, scaled', layer)
        : t('(d) Class activation of {0}', layer);
      return melContent(heard, theme, { title, grid });
    }),
  ];
}

function isWindow(value: unknown): value is Window {
  const window = value as Partial<Window> | null | undefined;
  return typeof window?.from === 'number' && typeof window.to === 'number';
}
