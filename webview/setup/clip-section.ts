import type { ClipSketch, SetupChange, SetupView } from '../../src/protocol/panels/setup';
import { slider } from '../shared/controls/inputs';
import { element, onResize, svgElement } from '../shared/dom';
import { formatInteger, formatNumber, formatSeconds } from '../shared/model/format';
import { extentOf, niceDomain } from '../shared/model/scales';
import { t } from '../shared/strings';
import { Choice, Field, TextBox } from './field';

const HEIGHT = { series: 70, gap: 34, clip: 70, axis: 18 };
const SHOWN_MEMBERS = 6;

/** How a series lies on the one-second clip, and what one frame of the acoustic model hears of it. */
export class ClipSection {
  readonly element: HTMLElement;
  readonly #svg = svgElement('svg', { class: 'clip-drawing', 'aria-hidden': 'true' });
  readonly #said = element('p', { class: 'frame-text' });
  readonly #facts = element('p', { class: 'muted' });
  readonly #frame = slider(t('Frame of the model'), { min: 0, max: 1, step: 1 }, 0, (frame) => this.#setFrame(frame));
  readonly #series: TextBox;
  readonly #member: Choice;
  readonly #memberField: Field;
  readonly #body: HTMLElement;
  #sketch: ClipSketch | null = null;
  #count = 1;
  #index = 0;
  #memberIndex = 0;
  #at: number;
  #width = 0;

  constructor(
    private readonly change: (change: SetupChange) => void,
    frame: number | null,
    private readonly onFrame: (frame: number) => void,
  ) {
    this.#at = frame ?? -1;
    this.#series = new TextBox((text) => this.#pickSeries(text), { size: 6, inputmode: 'numeric', class: 'short' });
    this.#member = new Choice((value) => change({ part: 'sketched', series: this.#index, member: Number(value) }));
    this.#memberField = new Field(t('Member'), this.#member.element);
    const drawing = element('div', { class: 'clip-area' }, this.#svg);
    this.#body = element(
      'div',
      { class: 'clip-body' },
      element(
        'div',
        { class: 'clip-fields' },
        new Field(t('Series'), this.#series.element).element,
        this.#memberField.element,
      ),
      drawing,
      this.#frame.element,
      this.#said,
      this.#facts,
    );
    this.element = element(
      'section',
      { class: 'setup-section', 'aria-labelledby': 'setup-clip' },
      element('h2', { id: 'setup-clip' }, t('What the model hears')),
      this.#body,
    );
    onResize(drawing, (width) => {
      this.#width = width;
      this.#draw();
    });
  }

  update({ sketch, sketched, survey, options }: SetupView): void {
    this.element.hidden = sketch === null;
    this.#sketch = sketch;
    this.#count = survey?.count ?? 1;
    this.#index = sketched.series;
    this.#memberIndex = sketched.member;
    this.#series.value = String((sketch?.series.index ?? this.#index) + 1);
    const members = Array.from({ length: SHOWN_MEMBERS }, (_, i) => ({ value: String(i), text: String(i + 1) }));
    this.#member.set(members, String(this.#memberIndex));
    this.#memberField.element.hidden = options.method !== 'ensemble';
    if (!sketch) return;
    const last = sketch.from.length - 1;
    if (this.#at < 0 || this.#at > last) this.#at = middleFrame(sketch);
    this.#frame.setRange(0, last, 1);
    this.#frame.value = this.#at;
    this.#facts.textContent = factsOf(sketch);
    this.#draw();
  }

  #pickSeries(text: string): void {
    const number = Number(text.trim());
    const series = Number.isInteger(number) ? Math.min(this.#count, Math.max(1, number)) - 1 : this.#index;
    this.#series.element.value = String(series + 1);
    if (series !== this.#index) this.change({ part: 'sketched', series, member: this.#memberIndex });
  }

  #setFrame(frame: number): void {
    this.#at = frame;
    this.onFrame(frame);
    this.#draw();
  }

  #draw(): void {
    const sketch = this.#sketch;
    const width = this.#width;
    if (!sketch || width < 100) return;
    const { series, low, high, sampleRate, hop, first, length, from, to } = sketch;
    const top = HEIGHT.series + HEIGHT.gap;
    const bottom = top + HEIGHT.clip;
    const last = Math.max(1, series.length - 1);
    const [least, greatest] = niceDomain(extentOf(series.values));
    const x = (position: number): number => (position / last) * width;
    const y = (value: number): number =>
      HEIGHT.series - 2 - ((value - least) / (greatest - least)) * (HEIGHT.series - 4);
    const clipX = (sample: number): number => Math.min(width, Math.max(0, (sample / sampleRate) * width));
    const loudest = Math.max(1e-12, ...[...low, ...high].map(Math.abs));
    const clipY = (value: number): number => top + HEIGHT.clip / 2 - (value / loudest) * (HEIGHT.clip / 2 - 2);

    const points = Array.from(
      series.values,
      (value, i) => `${x((last * i) / Math.max(1, series.values.length - 1)).toFixed(1)},${y(value).toFixed(1)}`,
    );
    const part = (i: number): string => ((i / Math.max(1, low.length - 1)) * width).toFixed(1);
    const outline = [
      ...Array.from(high, (value, i) => `${part(i)},${clipY(value).toFixed(1)}`),
      ...Array.from(low, (value, i) => `${part(i)},${clipY(value).toFixed(1)}`).reverse(),
    ];
    const start = clipX(first + this.#at * hop);
    const end = Math.max(start + 1, clipX(first + this.#at * hop + length));
    const heard = Number.isNaN(from[this.#at]) ? null : ([x(from[this.#at]), x(to[this.#at])] as const);
    const band = (left: number, right: number, y0: number, height: number): SVGElement =>
      svgElement('rect', { class: 'frame-band', x: left, y: y0, width: Math.max(2, right - left), height });
    const children: (SVGElement | null)[] = [
      heard && band(heard[0], heard[1], 0, HEIGHT.series),
      heard &&
        svgElement('polygon', {
          class: 'frame-link',
          points: `${heard[0]},${HEIGHT.series} ${Math.max(heard[0] + 2, heard[1])},${HEIGHT.series} ${end},${top} ${start},${top}`,
        }),
      band(start, end, top, HEIGHT.clip),
      svgElement('polyline', { class: 'sketch-series', points: points.join(' ') }),
      svgElement('polygon', { class: 'sketch-clip', points: outline.join(' ') }),
      svgElement('text', { x: 0, y: HEIGHT.series + 12 }, t('series')),
      ...[0, 0.25, 0.5, 0.75, 1].map((seconds) =>
        svgElement(
          'text',
          {
            x: seconds * width,
            y: bottom + 13,
            'text-anchor': seconds === 0 ? 'start' : seconds === 1 ? 'end' : 'middle',
          },
          formatSeconds(seconds),
        ),
      ),
    ];
    const height = bottom + HEIGHT.axis;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
      this.#svg.setAttribute(name, String(value));
    this.#svg.replaceChildren(...children.filter((child) => child !== null));
    const said = frameText(sketch, this.#at);
    this.#said.textContent = said;
    this.#frame.text = said;
  }
}

/** A frame in the middle of those that hear something. */
function middleFrame({ from }: ClipSketch): number {
  const hearing = Array.from(from, (_, i) => i).filter((i) => !Number.isNaN(from[i]));
  return hearing[Math.floor(hearing.length / 2)] ?? 0;
}

function frameText(sketch: ClipSketch, frame: number): string {
  const { from, to, first, hop, length, sampleRate, series } = sketch;
  const begin = Math.max(0, first + frame * hop) / sampleRate;
  const end = Math.min(1, (first + frame * hop + length) / sampleRate);
  const [low, high] = [Math.round(from[frame]), Math.round(to[frame])];
  const where = [
    formatInteger(frame + 1),
    formatInteger(from.length),
    formatSeconds(begin),
    formatSeconds(end),
  ] as const;
  if (Number.isNaN(from[frame])) return t('Frame {0} of {1} ({2} to {3}) hears nothing of the series.', ...where);
  if (low <= 0 && high >= series.length - 1)
    return t(
      'Frame {0} of {1} ({2} to {3}) hears all {4} values of the series.',
      ...where,
      formatInteger(series.length),
    );
  return t('Frame {0} of {1} ({2} to {3}) hears the time steps {4} to {5} of the series.', ...where, low, high);
}

function factsOf({ kind, replicas, valuesPerFrame, length }: ClipSketch): string {
  const kinds = {
    replicas: t('Rendering: replicas.'),
    carrier: t('Rendering: carrier.'),
    pitch: t('Rendering: pitch.'),
    formant: t('Rendering: formant.'),
  };
  const copies =
    replicas === null
      ? null
      : replicas === 1
        ? t('The series lies on the clip once.')
        : t('The series lies on the clip {0} times.', replicas);
  const room = valuesPerFrame < 10 ? formatNumber(valuesPerFrame, 2) : formatInteger(Math.round(valuesPerFrame));
  const rate = t('A frame has {0} samples, room for {1} values of the series.', formatInteger(length), room);
  return [kinds[kind], copies, rate].filter((part) => part !== null).join(' ');
}
