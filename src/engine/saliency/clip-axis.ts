import type { FrontEnd } from '../audio/front-end';
import { hannWindow } from '../audio/mel';

/** First clip sample of frame 0: kapre-db pads the clip so that frames are centered. */
export function firstSample({ kind, fftSize, hop }: FrontEnd): number {
  return kind === 'kapre-db' ? -(fftSize - hop) / 2 : 0;
}

/**
 * From frames to samples: frame t hears samples t * hop + first .. + fftSize through its window, so a sample takes the
 * mean of the frames that hear it, weighted by their windows there.
 * @returns what turns a curve of one value a frame into one value a clip sample, [samples]
 */
export function framesToSamples(frontEnd: FrontEnd): (curve: ArrayLike<number>) => Float64Array {
  const { samples, hop, fftSize } = frontEnd;
  const window = hannWindow(fftSize);
  const first = firstSample(frontEnd);
  const spread = (frames: number, at: (t: number) => number): Float64Array => {
    const sum = new Float64Array(samples);
    for (let t = 0; t < frames; t++) {
      const start = t * hop + first;
      const value = at(t);
      const end = Math.min(fftSize, samples - start);
      for (let n = Math.max(0, -start); n < end; n++) sum[start + n] += window[n] * value;
    }
    return sum;
  };
  const weights = new Map<number, Float64Array>();
  return (curve) => {
    const frames = curve.length;
    const weight = weights.get(frames) ?? spread(frames, () => 1);
    weights.set(frames, weight);
    const sum = spread(frames, (t) => curve[t]);
    // The very first sample of an uncentered front end is heard with weight 0; it takes its neighbor's value.
    for (let i = samples - 1; i >= 0; i--) sum[i] = weight[i] > 0 ? sum[i] / weight[i] : (sum[i + 1] ?? 0);
    return sum;
  };
}
