import type { AcousticModel } from '../acoustic/model';
import { V2SError, throwIfCancelled } from '../errors';
import { melCenters } from '../audio/mel';
import { argmax } from '../math/softmax';
import { CLIP_SAMPLES, classHeadOf, overSeries, reprogramClip, type Placement, type Program } from '../reprogram';
import { gradientTimesInput, integratedGradients, occlusion } from './attribution';
import { firstSample, framesToSamples } from './clip-axis';
import { gradCam, onFeatureGrid, overFrames } from './grad-cam';
import { targetGradient } from './target-score';

export const SALIENCY_METHODS = ['grad-cam', 'gradient-x-input', 'integrated-gradients', 'occlusion'] as const;
export type SaliencyMethod = (typeof SALIENCY_METHODS)[number];

export interface ExplainOptions {
  /** class to explain, by its name; default: the predicted one */
  targetClass?: string;
  /** beyond attention and Grad-CAM, which come always; default `grad-cam`: nothing more */
  method?: SaliencyMethod;
  signal?: AbortSignal;
}

/** Everything the saliency panel draws of one series (paper, figure 4). */
export interface Explanation {
  /** values as in the file, [L] */
  series: number[];
  /** x' = Pad(x) + M theta, [16000] */
  reprogrammed: number[];
  /** weights over frames, sum 1; empty for a model without attention */
  attention: number[];
  /** standardized features, [frame][mel bin] */
  mel: number[][];
  /** Grad-CAM by convolution layer, [frame][mel bin], 0..1; constant over the bins for a one-dimensional layer */
  cam: Record<string, number[][]>;
  /** layers whose single channel makes the map a scaled activation */
  scaledActivations: string[];
  /**
   * On the axis of the series, [L], null where the model never heard the value: attention, each layer, and the waveform method
   * if one was asked for (signed)
   */
  on_series: Record<string, (number | null)[]>;
  /** the class explained */
  target: { label: string; index: number; score: number };
  prediction: { label: string; index: number; probabilities: number[] };
  classes: string[];
  method: SaliencyMethod;
  axes: ExplanationAxes;
}

export interface ExplanationAxes {
  /** samples a second of the clip */
  sampleRate: number;
  /** seconds from one frame to the next */
  hopSeconds: number;
  /** seconds one frame hears */
  windowSeconds: number;
  /** start of frame 0 on the clip; negative where the front end centers its frames */
  firstFrameSeconds: number;
  /** center frequency of each mel bin */
  melHertz: number[];
  placement: Placement;
}

/**
 * Explains one series: what the acoustic model hears of it, where it attends, and what speaks for the target class.
 * @throws V2SError `explain.class` for a class the program does not know; CancelledError
 */
export async function explain(
  model: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  { targetClass, method = 'grad-cam', signal }: ExplainOptions = {},
): Promise<Explanation> {
  const { placement, classNames } = program.description;
  const { frontEnd } = model.card;
  if (targetClass !== undefined && !classNames.includes(targetClass))
    throw new V2SError(
      'explain.class',
      `The program has no class ${JSON.stringify(targetClass)}; it knows ${classNames.join(', ')}.`,
    );
  const clip = new Float32Array(CLIP_SAMPLES);
  reprogramClip(values, placement, program.theta, clip);
  const head = classHeadOf(program);
  const logits = await model.logits(clip, 1);
  const predicted = argmax(head.scores(logits, 0));
  const probabilities = [...head.probabilities(logits, 0, new Float64Array(classNames.length))];
  const index = targetClass === undefined ? predicted : classNames.indexOf(targetClass);
  throwIfCancelled(signal);

  const target = targetGradient(program, index);
  const taps = await model.tap(clip, 1, target);
  const frames = Math.ceil(frontEnd.samples / frontEnd.hop);
  const onSeries = (curve: ArrayLike<number>): (number | null)[] =>
    Array.from(overSeries(curve, values.length, placement), (value) => (Number.isNaN(value) ? null : value));
  const cam: Explanation['cam'] = {};
  const on_series: Explanation['on_series'] = {};
  if (taps.attention) on_series.attention = onSeries(framesToSamples(taps.attention, frontEnd));
  for (const { tap, activation, gradient } of taps.convolutions) {
    const map = onFeatureGrid(gradCam(activation, gradient!, tap), tap, frames, frontEnd.melBins);
    cam[tap.name] = rows(map, frames);
    on_series[tap.name] = onSeries(framesToSamples(overFrames(map, frames), frontEnd));
  }
  if (method !== 'grad-cam') {
    const subject = { values, placement, theta: program.theta, target };
    const curve =
      method === 'occlusion'
        ? await occlusion(model, subject, signal)
        : await (method === 'gradient-x-input' ? gradientTimesInput : integratedGradients)(model, subject);
    on_series[method] = onSeries(curve);
  }
  return {
    series: Array.from(values),
    reprogrammed: Array.from(clip),
    attention: taps.attention ? Array.from(taps.attention) : [],
    mel: rows(taps.features, frames),
    cam,
    scaledActivations: taps.convolutions.filter(({ tap }) => tap.channels === 1).map(({ tap }) => tap.name),
    on_series,
    target: { label: classNames[index], index, score: target.reduce((sum, g, k) => sum + g * logits[k], 0) },
    prediction: { label: classNames[predicted], index: predicted, probabilities },
    classes: classNames,
    method,
    axes: {
      sampleRate: frontEnd.sampleRate,
      hopSeconds: frontEnd.hop / frontEnd.sampleRate,
      windowSeconds: frontEnd.fftSize / frontEnd.sampleRate,
      firstFrameSeconds: firstSample(frontEnd) / frontEnd.sampleRate,
      melHertz: melCenters(frontEnd),
      placement,
    },
  };
}

function rows(map: Float32Array, count: number): number[][] {
  const width = map.length / count;
  return Array.from({ length: count }, (_, t) => Array.from(map.subarray(t * width, (t + 1) * width)));
}
