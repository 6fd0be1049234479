import { UMAP } from 'umap-js';
import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';
import { checkPoints, type Dimensions, type Points } from './points';

export interface UmapOptions {
  dimensions: Dimensions;
  /** size of the neighborhood; clamped to n - 1; default 15 */
  neighbors?: number;
  /** least distance of points in the layout; default 0.1 */
  minDistance?: number;
  seed: number;
  signal?: AbortSignal;
  onProgress?: (epoch: number, epochs: number) => void;
}

export interface UmapLayout {
  layout: Points;
  /** the size of the neighborhood after clamping */
  neighbors: number;
}

/** How long the thread may be held before other events get a turn, ms. */
const TURN_MS = 50;

/**
 * UMAP (McInnes, Healy and Melville 2018) by the umap-js package, with every random number from the seed.
 * @throws V2SError `embedding.points` below 4 points, `embedding.shape`, `embedding.value`; CanceledError
 */
export async function umap(points: Points, options: UmapOptions): Promise<UmapLayout> {
  checkPoints(points, 4);
  const { values, n, d } = points;
  const { dimensions, seed, signal, onProgress } = options;
  const random = new Random(seed);
  const neighbors = Math.max(2, Math.min(Math.floor(options.neighbors ?? 15), n - 1));
  const reducer = new UMAP({
    nComponents: dimensions,
    nNeighbors: neighbors,
    minDist: options.minDistance ?? 0.1,
    random: () => random.uniform(),
  });
  const epochs = reducer.initializeFit(Array.from({ length: n }, (_, i) => [...values.subarray(i * d, (i + 1) * d)]));
  let turn = performance.now();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    reducer.step();
    if (performance.now() - turn > TURN_MS) {
      onProgress?.(epoch, epochs);
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCanceled(signal);
      turn = performance.now();
    }
  }
  return { layout: { values: Float64Array.from(reducer.getEmbedding().flat()), n, d: dimensions }, neighbors };
}
