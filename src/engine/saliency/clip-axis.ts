import type { FrontEnd } from '../audio/front-end';
import { hannWindow } from '../audio/mel';

/** First clip sample of frame 0: kapre-db pads the clip so that frames are centered. */
export function firstSample({ kind, fftSize, hop }: FrontEnd): number {
  return kind === 'kapre-db' ? -(fftSize - hop) / 2 : 0;
}

/**
 * From frames to samples: frame t hears samples t * hop + first .. + fftSize through its window, so a sample takes the
 * mean of the frames that hear it, weighted by their windows there.
 * @param curve one value a frame
 * @returns one value a clip sample, [samples]
 */
export function framesToSamples(curve: ArrayLike<number>, frontEnd: FrontEnd): Float64Array {
  const { samples, hop, fftSize } = frontEnd;
  const window = hannWindow(fftSize);
  const first = firstSample(frontEnd);
  const sum = new Float64Array(samples);
  const weight = new Float64Array(samples);
  for (let t = 0; t < curve.length; t++) {
    const start = t * hop + first;
    for (let n = Math.max(0, -start); n < fftSize && start + n < samples; n++) {
      sum[start + n] += window[n] * curve[t];
      weight[start + n] += window[n];
    }
  }
  // The very first sample of an uncentered front end is heard with weight 0; it takes its neighbor's value.
  for (let i = samples - 1; i >= 0; i--) sum[i] = weight[i] > 0 ? sum[i] / weight[i] : (sum[i + 1] ?? 0);
  return sum;
}
