import type { TsneOptions, TsneView } from '../../src/protocol/panels/tsne';
import type { Projection } from '../../src/protocol/values';
import { button } from '../shared/controls/button';
import { checkbox, select } from '../shared/controls/choices';
import { numberField } from '../shared/controls/inputs';
import { t } from '../shared/strings';

const PROJECTION_NAMES: Record<Projection, string> = { 't-sne': 't-SNE', umap: 'UMAP', pca: 'PCA' };

interface ToolbarEvents {
  onConfigure(options: Partial<TsneOptions>): void;
  onChooseProgram(): void;
  /** a plain drag selects points instead of turning the clouds, or no longer */
  onDragBrushes(): void;
}

/** How the logits are laid out, and what a drag does in three dimensions. */
export class TsneToolbar {
  readonly elements: readonly HTMLElement[];
  readonly #projection;
  readonly #dimensions;
  readonly #perplexity;
  readonly #seed;
  readonly #brushes;

  constructor(dragBrushes: boolean, { onConfigure, onChooseProgram, onDragBrushes }: ToolbarEvents) {
    this.#projection = select(
      t('Projection'),
      Object.entries(PROJECTION_NAMES).map(([value, text]) => ({ value, text })),
      't-sne',
      (value) => onConfigure({ projection: value as Projection }),
    );
    this.#dimensions = select(
      t('Dimensions'),
      ['2', '3'].map((value) => ({ value, text: `${value}D` })),
      '2',
      (value) => onConfigure({ dimensions: value === '3' ? 3 : 2 }),
    );
    this.#perplexity = numberField(t('Perplexity'), 30, { min: 1, max: 1000 }, (perplexity) =>
      onConfigure({ perplexity }),
    );
    this.#seed = numberField(t('Seed'), 1, { min: 0, max: 2 ** 32 - 1, integer: true }, (seed) =>
      onConfigure({ seed }),
    );
    this.#brushes = checkbox(t('Drag selects'), dragBrushes, onDragBrushes);
    const controls = [this.#projection, this.#dimensions, this.#perplexity, this.#seed, this.#brushes];
    const program = button(t('Program…'), onChooseProgram, { title: t('Choose another program') });
    this.elements = [...controls, program].map((control) => control.element);
  }

  get dragBrushes(): boolean {
    return this.#brushes.value;
  }

  set({ projection, dimensions, perplexity, seed }: TsneView['options']): void {
    this.#projection.value = projection;
    this.#dimensions.value = String(dimensions);
    this.#perplexity.value = perplexity;
    this.#seed.value = seed;
    this.#perplexity.element.hidden = projection === 'pca';
    this.#brushes.element.hidden = dimensions === 2;
  }
}
