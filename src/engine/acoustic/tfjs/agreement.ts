import { Random } from '../../math/random';
import { isMovingStatistic } from '../architecture';
import type { AcousticModel, Taps, Tensors, TrainableAcousticModel } from '../model';

/** How far two implementations of an acoustic model are apart: max |a - b| / max |b| of each quantity. */
export interface Agreement {
  /** engines of the two models */
  engines: [string, string];
  logits: number;
  /** standardized features */
  features: number;
  attention: number;
  inputGradient: number;
  weightGradients: { name: string; relative: number }[];
  /** gradients at the convolutions */
  tapGradients: { name: string; relative: number }[];
  /**
   * Clips left out: a ReLU of a convolution is open in one implementation and closed in the other, because its input is 0 up to
   * rounding. Gradients then differ by that unit's whole part although both are right.
   */
  clipsAtKinks: number[];
}

/**
 * Runs both models forward and backward on the same clips, with batch normalization on its moving statistics.
 * @param waveforms packed [n * samples]; n at most the batch limit of either model
 * @param seed of the upstream gradient, standard normal [n * K]
 */
export async function compareModels(
  a: AcousticModel,
  b: AcousticModel,
  waveforms: Float32Array,
  n: number,
  seed = 1,
): Promise<Agreement> {
  const { samples } = a.card.frontEnd;
  const k = a.card.sourceLabels.length;
  const random = new Random(seed);
  const upstream = Float32Array.from({ length: n * k }, () => random.gaussian());

  const clipsAtKinks: number[] = [];
  const kept: number[] = [];
  const [tapsA, tapsB] = [await a.tap(waveforms, n, upstream), await b.tap(waveforms, n, upstream)];
  const ofClip = (values: Float32Array, clip: number): Float32Array =>
    values.subarray((clip * values.length) / n, ((clip + 1) * values.length) / n);
  for (let clip = 0; clip < n; clip++)
    (sameOpenUnits(tapsA, tapsB, (values) => ofClip(values, clip)) ? kept : clipsAtKinks).push(clip);
  const select = (values: Float32Array, size: number): Float32Array => {
    const selected = new Float32Array(kept.length * size);
    kept.forEach((clip, i) => selected.set(values.subarray(clip * size, (clip + 1) * size), i * size));
    return selected;
  };
  const clips = select(waveforms, samples);
  const dLogits = select(upstream, k);

  const [logitsA, logitsB] = [await a.forward(clips, kept.length), await b.forward(clips, kept.length)];
  const want = { input: 'each', weights: true } as const;
  const [gradientsA, gradientsB] = [await a.backward(dLogits, want), await b.backward(dLogits, want)];
  const worst = (pick: (taps: Taps) => Float32Array): number =>
    Math.max(...kept.map((clip) => relativeError(ofClip(pick(tapsA), clip), ofClip(pick(tapsB), clip))));
  return {
    engines: [a.engine, b.engine],
    logits: relativeError(logitsA, logitsB),
    features: worst(({ features }) => features),
    attention: worst(({ attention }) => attention!),
    inputGradient: relativeError(gradientsA.input!, gradientsB.input!),
    weightGradients: compareGradients(gradientsA.weights!, gradientsB.weights!),
    tapGradients: a.taps.map(({ name }, i) => ({
      name,
      relative: worst(({ convolutions }) => convolutions[i].gradient!),
    })),
    clipsAtKinks,
  };
}

/**
 * As compareModels for one training pass: batch normalization by the statistics of the batch, gradients to the weights.
 * A unit at the kink of its ReLU (see Agreement) shows as a difference here, since the clips of a batch depend on each other.
 */
export async function compareTraining(
  a: TrainableAcousticModel,
  b: TrainableAcousticModel,
  waveforms: Float32Array,
  n: number,
  seed = 1,
): Promise<Pick<Agreement, 'logits' | 'weightGradients'>> {
  const random = new Random(seed);
  const upstream = Float32Array.from({ length: n * a.card.sourceLabels.length }, () => random.gaussian());
  const [logitsA, logitsB] = [await a.trainForward(waveforms, n), await b.trainForward(waveforms, n)];
  const want = { input: 'none', weights: true } as const;
  const [gradientsA, gradientsB] = [await a.backward(upstream, want), await b.backward(upstream, want)];
  return {
    logits: relativeError(logitsA, logitsB),
    weightGradients: compareGradients(gradientsA.weights!, gradientsB.weights!),
  };
}

/** max |a - b| / max |b|; Infinity where lengths differ or a value is no number. */
function relativeError(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, d);
    size = Math.max(size, Math.abs(b[i]));
  }
  return difference === 0 ? 0 : difference / size;
}

function compareGradients(a: Tensors, b: Tensors): Agreement['weightGradients'] {
  return [...b]
    .filter(([name]) => !isMovingStatistic(name))
    .map(([name, { data }]) => ({ name, relative: relativeError(a.get(name)?.data ?? new Float32Array(), data) }));
}

/** Whether every unit of every convolution is open in both or closed in both, for the clip that `ofClip` picks. */
function sameOpenUnits(a: Taps, b: Taps, ofClip: (values: Float32Array) => Float32Array): boolean {
  return a.convolutions.every(({ activation }, layer) => {
    const other = ofClip(b.convolutions[layer].activation);
    return ofClip(activation).every((value, i) => value > 0 === other[i] > 0);
  });
}
