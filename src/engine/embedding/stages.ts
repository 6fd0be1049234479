import { V2SError } from '../errors';
import { pca } from './pca';
import type { Dimensions, Points } from './points';
import { alignTo } from './procrustes';
import { silhouette } from './silhouette';
import { tSne } from './t-sne';
import { umap } from './umap';

export type EmbeddingMethod = 't-sne' | 'umap' | 'pca';

/** Logits of the same series at one stage of learning: before, fine-tuned, after. */
export interface Stage {
  name: string;
  /** [n * k], row-major */
  logits: Float32Array;
  /** stages may differ in k: a fine-tuned model has an output per target class */
  k: number;
}

export interface StageLayout {
  name: string;
  layout: Points;
  /** mean silhouette of the layout and of the logits it shows; null where it is undefined (one class) */
  silhouette: number | null;
  logitSilhouette: number | null;
  /** what the method found out: t-SNE's clamped perplexity and divergence, UMAP's neighborhood, PCA's shares of the variance */
  details: Record<string, number | number[]>;
}

export interface StageOptions {
  method?: EmbeddingMethod;
  dimensions?: Dimensions;
  perplexity?: number;
  seed: number;
  /** name of the stage whose layout the others are turned onto; default: the last one */
  reference?: string;
  signal?: AbortSignal;
  /** share of the whole work done, 0..1 */
  onProgress?: (done: number, stage: string) => void;
}

/**
 * One comparable layout per stage (figure 3 of the poster). Every stage is embedded by itself with the same method, start and
 * seed, and all are then turned, mirrored and shifted onto one of them: row i is the same series everywhere, and a class that
 * two stages both separate lies on the same side in both.
 *
 * Why not one joint embedding: its neighborhoods mix the stages. The two copies of a series attract each other, which can hide what
 * changed (measured on synthetic logits: a separation of silhouette 0.24 by itself came out as 0.00; on Strawberry it made no such
 * difference), it needs equal k, and its time grows with the square of the number of stages. Why no start from the other stage's
 * layout: it moved the points no less than the principal components do, and the divergence was no lower.
 * @param labels the class index of each series, -1 without a label (the silhouette leaves it out)
 * @throws V2SError `embedding.stages`, and those of the method; CanceledError
 */
export async function embedStages(
  stages: Stage[],
  labels: ArrayLike<number>,
  options: StageOptions,
): Promise<StageLayout[]> {
  const n = labels.length;
  const reference = options.reference ?? stages.at(-1)?.name;
  for (const { name, logits, k } of stages)
    if (logits.length !== n * k)
      throw new V2SError(
        'embedding.stages',
        `Stage "${name}" has ${logits.length} logits, but ${n} series of ${k} would be ${n * k}.`,
      );
  const embedded: StageLayout[] = [];
  for (const [index, { name, logits, k }] of stages.entries()) {
    const points = { values: Float64Array.from(logits), n, d: k };
    const { layout, details } = await embed(points, options, (done) =>
      options.onProgress?.((index + done) / stages.length, name),
    );
    embedded.push({
      name,
      layout,
      silhouette: silhouette(layout, labels)?.mean ?? null,
      logitSilhouette: silhouette(points, labels)?.mean ?? null,
      details,
    });
  }
  const fixed = embedded.find(({ name }) => name === reference);
  if (!fixed)
    throw new V2SError(
      'embedding.stages',
      `There is no stage "${reference}" among ${stages.map(({ name }) => name).join(', ')}.`,
    );
  return embedded.map((stage) => (stage === fixed ? stage : { ...stage, layout: alignTo(stage.layout, fixed.layout) }));
}

async function embed(
  points: Points,
  { method = 't-sne', dimensions = 2, perplexity, seed, signal }: StageOptions,
  onShare: (done: number) => void,
): Promise<{ layout: Points; details: StageLayout['details'] }> {
  const onProgress = (done: number, total: number) => onShare(done / total);
  switch (method) {
    case 't-sne': {
      const found = await tSne(points, { dimensions, perplexity, seed, signal, onProgress });
      return { layout: found.layout, details: { perplexity: found.perplexity, divergence: found.divergence } };
    }
    case 'umap': {
      const found = await umap(points, { dimensions, seed, signal, onProgress });
      return { layout: found.layout, details: { neighbors: found.neighbors } };
    }
    case 'pca': {
      const { layout, explained } = pca(points, dimensions);
      return { layout, details: { explained } };
    }
  }
}
