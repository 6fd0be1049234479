import { scaleLinear, type ScaleLinear } from 'd3';
import { element } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import type { Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { attentionContent, melContent, waveformContent } from './clip-contents';
import type { Span } from './changed-values';
import { secondsAt, toClip, toSeries, windowInValues } from './clip-map';
import type { HeardSeries, LayerMap } from './heard-series';
import { coarseContent, seriesContent, sourceContent } from './series-contents';
import { TrackGroup } from './track-group';
import type { TrackAxis, TrackContent } from './track';

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
  /** told the span of values that the person selects while `selecting` */
  onSpan(span: Span | null): void;
}

const ZOOM_STEP = 1.6;

/** A series that fills at least this part of the clip has one axis with it. */
const FILLING = 0.9;

/** What else the figure shows besides the series and its maps. */
interface FigureOptions {
  /** class that is explained */
  target: string;
  /** of the maps over the mel-spectrogram, 0 to 1 */
  opacity: number;
  /** the series after changes; null for none */
  changed: ArrayLike<number> | null;
}

/**
 * The series and what the model hears of it, with one cursor over all rows: one stack over one axis where the series fills the clip;
 * else, as with replicas, two, each with its axis.
 */
export class SaliencyFigure {
  readonly element: HTMLElement;
  readonly #seriesTracks: TrackGroup;
  readonly #clipTracks: TrackGroup;
  #heard: HeardSeries | null = null;
  #cursor: Cursor | null = null;
  #span: Span | null = null;

  constructor(private readonly events: SaliencyFigureEvents) {
    this.#seriesTracks = new TrackGroup({
      title: t('On the original series'),
      axis: { title: t('position in the series'), format: (value) => formatNumber(value, 5) },
      onHover: (at) => this.#setCursor(at === null ? null : { axis: 'series', at }),
      onWindow: () => events.onWindow(),
      onSelect: ({ from, to }) => this.#select({ from: Math.floor(from), to: Math.ceil(to) }),
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

  /** whether dragging over the series selects a span rather than zooming */
  set selecting(selecting: boolean) {
    this.#seriesTracks.selecting = selecting;
    if (!selecting) this.#select(null);
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
  set(heard: HeardSeries, layers: readonly LayerMap[], options: FigureOptions, theme: Theme): void {
    this.#heard = heard;
    const { map, duration } = heard;
    const { length } = map;
    const fills = map.starts.length === 1 && map.duration >= FILLING * duration;
    const clip = clipTracks(heard, layers, options, theme);
    const over = clip.map((content) => onSeriesAxis(content, heard));
    const [hero, ...strips] = seriesTracks(heard, options, theme);
    this.#seriesTracks.axis = seriesAxis(heard, fills);
    this.#seriesTracks.set(
      fills ? [hero, ...over, ...strips] : [hero, ...strips],
      { from: 0, to: length },
      Math.min(4, length),
    );
    this.#clipTracks.element.hidden = fills;
    this.#clipTracks.set(fills ? [] : clip, { from: 0, to: duration }, 0.005);
    this.#setCursor(this.#cursor);
  }

  #select(span: Span | null): void {
    const length = this.#heard?.map.length ?? 0;
    const clamped = span && { from: Math.max(0, span.from), to: Math.min(length, span.to) };
    this.#span = clamped && clamped.from < clamped.to ? clamped : null;
    this.#seriesTracks.setSelection(this.#span);
    this.events.onSpan(this.#span);
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
      ...(this.#seriesTracks.selecting &&
        at !== null && {
          '[': () => this.#select({ from: at, to: Math.max(at + 1, this.#span?.to ?? at + 1) }),
          ']': () => this.#select({ from: Math.min(at, this.#span?.from ?? at), to: at + 1 }),
        }),
      Enter: () => this.events.onReveal(at),
      Escape: () => this.#setCursor(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

/** Positions in the series, by the header's numbers where it has any; and the seconds of the clip where they share the axis. */
function seriesAxis({ header, map, series }: HeardSeries, fills: boolean): TrackAxis {
  const named = (value: number): number => {
    if (!header) return value;
    const at = Math.max(0, Math.min(series.length - 1, value - 0.5));
    const low = Math.floor(at);
    return header[low] + (at - low) * (header[Math.min(series.length - 1, low + 1)] - header[low]);
  };
  return {
    title: header ? t('position by the header') : t('position in the series'),
    format: (value) => formatNumber(named(value), 5),
    ...(fills && {
      second: {
        title: t('seconds of the clip'),
        format: (value) => {
          const seconds = secondsAt(map, value);
          return seconds < 0 || seconds > map.starts[0] + map.duration + 1e-6 ? '' : formatNumber(seconds, 3);
        },
      },
    }),
  };
}

function seriesTracks(heard: HeardSeries, { target, changed }: FigureOptions, theme: Theme): TrackContent[] {
  const { series, sources, tint, tooCoarse, waiting } = heard;
  const waits = waiting ? t('The map is being computed…') : null;
  return [
    seriesContent({ series, changed, source: tint, target, waiting: waits }, theme),
    // The one that tints the series first, nearest to it.
    ...sources
      .toSorted((a, b) => Number(b === tint) - Number(a === tint))
      .map((source) => sourceContent(source, theme)),
    ...tooCoarse.map(coarseContent),
  ];
}

function clipTracks(
  heard: HeardSeries,
  layers: readonly LayerMap[],
  { opacity }: FigureOptions,
  theme: Theme,
): TrackContent[] {
  const attention = attentionContent(heard);
  return [
    waveformContent(heard),
    ...(attention ? [attention] : []),
    ...(layers.length === 0 ? [melContent(heard, theme, null)] : []),
    ...layers.map(({ layer, grid, scaledActivation }) => {
      const title = scaledActivation
        ? t('(c) Mel-spectrogram and activation of {0}, a single channel', layer)
        : t('(c) Mel-spectrogram and class activation of {0}', layer);
      return melContent(heard, theme, { title, grid, opacity });
    }),
  ];
}

/** A track over the clip, drawn over the axis of a series that fills the clip. */
function onSeriesAxis({ paint, curves, readout, ...rest }: TrackContent, { map, duration }: HeardSeries): TrackContent {
  const seconds = ({ from, to }: Window): Window => ({ from: secondsAt(map, from), to: secondsAt(map, to) });
  const clipX = (x: ScaleLinear<number, number>, { from, to }: Window) => scaleLinear([from, to], x.range());
  return {
    ...rest,
    ...(paint && {
      paint: (context, x, height, window) => {
        const there = seconds(window);
        paint(context, clipX(x, there), height, there);
      },
    }),
    ...(curves && {
      curves: (x, height, window, columns) => {
        const there = seconds(window);
        return curves(clipX(x, there), height, there, columns);
      },
    }),
    ...(readout && {
      readout: (position) => {
        const at = secondsAt(map, position);
        return at < 0 || at >= duration ? null : readout(at);
      },
    }),
  };
}

function isWindow(value: unknown): value is Window {
  const window = value as Partial<Window> | null | undefined;
  return typeof window?.from === 'number' && typeof window.to === 'number';
}
