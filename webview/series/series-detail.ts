import type { SeriesThumb, SeriesView } from '../../src/protocol/panels/series';
import { button } from '../shared/controls/button';
import { valueCount } from '../shared/counts';
import { debounced, element } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { SeriesChart } from './series-chart';
import { classOf, valuesWanted } from './series-model';

interface SeriesDetailOptions {
  onOpen(index: number, what: 'saliency' | 'text'): void;
  /** the curve that the list has of a series */
  coarse(index: number): SeriesThumb | undefined;
  /** fetches a curve of so many values */
  fine(index: number, width: number): Promise<SeriesThumb | undefined>;
}

/** The series under the cursor: what is known of it, and its curve as finely as the chart can draw it. */
export class SeriesDetail {
  readonly element: HTMLElement;
  readonly #text = element('p', { class: 'detail-text' });
  readonly #readout = element('span', { class: 'readout muted', 'data-picture': 'skip' });
  readonly #chart = new SeriesChart((text) => this.#drawReadout(text));
  readonly #loadFineSoon = debounced(() => void this.#loadFine(), 120);
  /** position in the file, from 0; -1: none */
  #index = -1;
  #fine: SeriesThumb | null = null;
  #shown: { data: SeriesView; colors: readonly string[] } | null = null;

  constructor(private readonly options: SeriesDetailOptions) {
    const openers = [
      button(t('Saliency'), () => options.onOpen(this.#index, 'saliency'), {
        appearance: 'primary',
        title: t('Show the saliency of this series (Enter)'),
      }),
      button(t('Show in Text'), () => options.onOpen(this.#index, 'text'), {
        title: t('Show the line of this series in the text editor'),
      }),
    ];
    this.element = element(
      'section',
      { class: 'detail', 'aria-label': t('Selected series') },
      element(
        'div',
        { class: 'detail-head' },
        this.#text,
        this.#readout,
        element('span', { class: 'spacer' }),
        ...openers.map((opener) => opener.element),
      ),
      this.#chart.element,
    );
    this.#drawReadout(null);
  }

  get index(): number {
    return this.#index;
  }

  /** Goes to another series, -1 for none. */
  select(index: number): void {
    this.#index = index;
    this.#fine = null;
    this.#draw();
    this.#loadFineSoon();
  }

  /** @param colors by class, and after them that of series without a label */
  set(data: SeriesView, colors: readonly string[]): void {
    this.#shown = { data, colors };
    this.#draw();
  }

  /** The file was read anew, so what was fetched is stale. */
  clear(): void {
    this.#fine = null;
  }

  /** Draws the curve that the list has got. */
  loaded(): void {
    this.#draw();
    this.#loadFineSoon();
  }

  /** Fetches the curve as finely as the chart can draw it, if what is there is coarser. */
  async #loadFine(): Promise<void> {
    const index = this.#index;
    const coarse = this.options.coarse(index);
    if (index < 0 || (coarse && !coarse.reduced)) return;
    const fine = await this.options.fine(index, valuesWanted(this.#chart.plotWidth));
    if (index !== this.#index || !fine) return;
    this.#fine = fine;
    this.#draw();
  }

  #draw(): void {
    const index = this.#index;
    const isOne = this.#shown !== null && index >= 0 && index < this.#shown.data.count;
    this.element.hidden = !isOne;
    if (!this.#shown || !isOne) return;
    const { data, colors } = this.#shown;
    const kind = classOf(data, index);
    const thumb = this.#fine ?? this.options.coarse(index) ?? null;
    this.#text.textContent = detailText(index, data.classes[kind]?.name ?? null, thumb);
    this.#chart.set(thumb, colors[kind]);
  }

  #drawReadout(text: string | null): void {
    this.#readout.textContent = text ?? t('Point at the curve, or press the arrow keys on it, to read its values.');
  }
}

function detailText(index: number, className: string | null, thumb: SeriesThumb | null): string {
  const parts = [t('Series {0}', index + 1), className === null ? t('no label') : t('class {0}', className)];
  if (thumb)
    parts.push(
      t('line {0}', thumb.line),
      valueCount(thumb.length),
      t('{0} to {1}, mean {2}', formatNumber(thumb.min), formatNumber(thumb.max), formatNumber(thumb.mean)),
    );
  return parts.join(' · ');
}
