import type { AcousticModel, Tensor } from '../acoustic/model';
import { melCenters } from '../audio/mel';
import { V2SError, throwIfCanceled } from '../errors';
import { argmax } from '../math/softmax';
import { CLIP_SAMPLES, classifierOf, type Placement, type Program } from '../reprogram';
import { gradientTimesInput, occlusion, smoothGrad, type Subject } from './attribution';
import { scaledToOne, type CamVariant } from './class-activation';
import { firstSample } from './clip-axis';
import { integratedGradients, type Completeness } from './integrated-gradients';
import { renderingOf } from './program-rendering';
import { heardValues, sumOverSeries, valuesDuring, type SeriesMap } from './series-axis';
import { frameSharer, tappedMaps } from './tapped-maps';
import { ClassScore } from './target-score';

export const SALIENCY_METHODS = [
  'grad-cam',
  'gradient-x-input',
  'smooth-grad',
  'integrated-gradients',
  'occlusion',
] as const;
export type SaliencyMethod = (typeof SALIENCY_METHODS)[number];

export interface ExplainOptions {
  /** class to explain, by its name; default: the predicted one */
  targetClass?: string;
  /** explains what speaks for the target rather than for this class; default: the target's score alone */
  contrast?: string;
  /** how the maps of the convolutions are made; default `grad-cam`, the paper's */
  cam?: CamVariant;
  /** beyond attention and the maps of the convolutions, which come always; default `grad-cam`: nothing more */
  method?: SaliencyMethod;
  signal?: AbortSignal;
}

/** Everything the saliency panel draws of one series (paper, figure 4). */
export interface Explanation {
  /** values as in the file, [L] */
  series: Float64Array;
  /** x' = Pad(x) + M theta, [16000] */
  reprogrammed: Float32Array;
  /** weights over frames, sum 1; null for a model without attention */
  attention: Float32Array | null;
  /** standardized features, [frames, mel bins] */
  mel: Tensor;
  /** variant of the maps in `cam` */
  camVariant: CamVariant;
  /**
   * Class activation map by convolution layer, [frames, mel bins]: largest magnitude 1, at least 0 unless signed; constant over the bins
   * for a one-dimensional layer
   */
  cam: Record<string, Tensor>;
  /** layers whose single channel makes the Grad-CAM a scaled activation */
  scaledActivations: string[];
  /**
   * On the axis of the series: attention (the part of it that falls on each value), each layer (unscaled), and the method on the
   * waveform if one was asked for (signed, in units of the score)
   */
  onSeries: Record<string, SeriesMap>;
  /** whether integrated gradients add up; null for another method */
  completeness: Completeness | null;
  /** the class explained; with a contrast, `score` is the difference of the two scores */
  target: { label: string; index: number; score: number };
  /** the class it is compared with */
  contrast: { label: string; index: number } | null;
  prediction: { label: string; index: number; probabilities: Float64Array };
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
  melHertz: Float64Array;
  /** of the replicas of the series; null for another rendering */
  placement: Placement | null;
}

/**
 * Explains one series: what the acoustic model hears of it, where it attends, and what speaks for the target class. The score that is
 * explained is the one the program classifies by (see `ClassScore`).
 * @throws V2SError `explain.class` for a class the program does not know, `explain.contrast` for a class compared with itself;
 *   CanceledError
 */
export async function explain(
  model: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  { targetClass, contrast, cam = 'grad-cam', method = 'grad-cam', signal }: ExplainOptions = {},
): Promise<Explanation> {
  const { classNames, members } = program.description;
  const { card } = model;
  const { frontEnd } = card;
  const { length } = values;
  const wanted = targetClass === undefined ? null : classIndex(classNames, targetClass);
  const contrastIndex = contrast === undefined ? null : classIndex(classNames, contrast);
  const programRendering = renderingOf(program);
  const { rendering, parameters } = programRendering;
  const clip = new Float32Array(CLIP_SAMPLES);
  rendering.render(values, parameters, clip);
  const { head } = classifierOf(program);
  const logits = await model.logits(clip, 1);
  const predicted = argmax(head.scores(logits, 0));
  const probabilities = head.probabilities(logits, 0, new Float64Array(classNames.length));
  const index = wanted ?? predicted;
  if (index === contrastIndex)
    throw new V2SError(
      'explain.contrast',
      `The class that is explained is ${JSON.stringify(classNames[index])} itself; compare it with another class.`,
    );
  throwIfCanceled(signal);

  const score = new ClassScore(head, index, contrastIndex);
  const subject: Subject = { ...programRendering, values, score };
  const dLogits = new Float32Array(logits.length);
  score.gradient(logits, 0, dLogits);
  const taps = await model.tap(clip, 1, dLogits, { input: method === 'gradient-x-input' });
  const positions = rendering.positions(length);
  const maps: Explanation['cam'] = {};
  const onSeries: Explanation['onSeries'] = {};
  const share = frameSharer(card);
  const shape = [taps.features.length / frontEnd.melBins, frontEnd.melBins];
  for (const { name, grid, curve, receptive } of tappedMaps(card, taps, 0, 1, cam)) {
    if (grid) maps[name] = { shape, data: scaledToOne(grid) };
    onSeries[name] = {
      values: sumOverSeries(share(curve), length, positions),
      resolution: valuesDuring(receptive, positions),
    };
  }
  let completeness: Completeness | null = null;
  if (method !== 'grad-cam') {
    const attribution = await attributionOf(model, subject, method, taps.input, signal);
    completeness = attribution.completeness ?? null;
    const heard = heardValues(length, positions);
    onSeries[method] = {
      values: attribution.values.map((value, i) => (heard[i] ? value : NaN)),
      resolution: Math.max(attribution.width ?? 1, valuesDuring(1, positions)),
    };
  }
  return {
    series: Float64Array.from(values),
    reprogrammed: clip,
    attention: taps.attention,
    mel: { shape, data: taps.features },
    camVariant: cam,
    cam: maps,
    scaledActivations: taps.convolutions.filter(({ tap }) => tap.channels === 1).map(({ tap }) => tap.name),
    onSeries,
    completeness,
    target: { label: classNames[index], index, score: score.value(logits, 0) },
    contrast: contrastIndex === null ? null : { label: classNames[contrastIndex], index: contrastIndex },
    prediction: { label: classNames[predicted], index: predicted, probabilities },
    classes: classNames,
    method,
    axes: {
      sampleRate: frontEnd.sampleRate,
      hopSeconds: frontEnd.hop / frontEnd.sampleRate,
      windowSeconds: frontEnd.fftSize / frontEnd.sampleRate,
      firstFrameSeconds: firstSample(frontEnd) / frontEnd.sampleRate,
      melHertz: Float64Array.from(melCenters(frontEnd)),
      placement: members[0].rendering.kind === 'replicas' ? members[0].rendering.placement : null,
    },
  };
}

interface Attribution {
  values: Float64Array;
  /** series values that were changed together */
  width?: number;
  completeness?: Completeness;
}

async function attributionOf(
  model: AcousticModel,
  subject: Subject,
  method: Exclude<SaliencyMethod, 'grad-cam'>,
  dClip: Float32Array | null,
  signal: AbortSignal | undefined,
): Promise<Attribution> {
  switch (method) {
    case 'gradient-x-input':
      return { values: gradientTimesInput(subject, dClip!) };
    case 'smooth-grad':
      return { values: await smoothGrad(model, subject, { signal }) };
    case 'integrated-gradients':
      return await integratedGradients(model, subject, signal);
    case 'occlusion':
      return await occlusion(model, subject, signal);
  }
}

/** @throws V2SError `explain.class` */
function classIndex(classNames: readonly string[], label: string): number {
  const index = classNames.indexOf(label);
  if (index >= 0) return index;
  throw new V2SError(
    'explain.class',
    `The program has no class ${JSON.stringify(label)}; it knows ${classNames.join(', ')}.`,
  );
}
