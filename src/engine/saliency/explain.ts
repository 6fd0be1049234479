import type { AcousticModel, Tensor } from '../acoustic/model';
import { melCenters } from '../audio/mel';
import { allMaps, defaultMethod, type AllMaps, type SaliencyMethod } from './all-maps';
import { scaledToOne, type CamVariant } from './class-activation';
import type { Classifier } from '../reprogram';
import { firstSample } from './clip-axis';
import { decide, type Decision, type Question } from './decision';
import type { Completeness } from './integrated-gradients';
import { replicaSpans, type ReplicaSpans, type SeriesMap } from './series-axis';
import type { VariantHooks } from './variants';

/** The variant of class activation maps that docs/saliency.md finds most faithful. */
export const DEFAULT_CAM: CamVariant = 'hires-cam';

export interface ExplainOptions extends Question, VariantHooks {
  /** how the maps of the convolutions are made; the paper's is `grad-cam` */
  cam?: CamVariant;
  /** beyond attention and the maps of the convolutions, which come always; `grad-cam`: nothing more. Default: `defaultMethod` */
  method?: SaliencyMethod;
  /** explains by this member alone; default: by all, added up */
  member?: number;
  /** explains by so many members only, those with the greatest parts in the decision; default: by all */
  best?: number;
  /** told what is known so far, the members with the greatest parts in the decision first (see `members.heard`) */
  onPartial?: (explanation: Explanation) => void;
}

/** Everything the saliency panel draws of one series (paper, figure 4). */
export interface Explanation {
  /** values as in the file, [L] */
  series: Float64Array;
  /** what the acoustic model hears: of several members, the clip of the one with the greatest part in the decision, [16000] */
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
  /** the members of an ensemble; one for a program of the paper */
  members: {
    count: number;
    /** those that the maps on the series are of, by position; fewer than `count` in a partial explanation or of one member */
    heard: number[];
    /** whose clip, attention, features and class activation maps are shown */
    shown: number;
    /** each member's part in the score, [count] */
    shares: Float64Array;
    /** by map on the series: members that are too coarse for this series, which were left out */
    leftOut: Record<string, number[]>;
  };
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
  /** where the series sounds in the clip that is shown */
  replicas: ReplicaSpans;
}

/**
 * Explains one series: what the acoustic model hears of it, where it attends, and what speaks for the target class. The score that is
 * explained is the one the program classifies by, less that of the runner-up unless another contrast is asked for (see `ClassScore`).
 * @throws V2SError `explain.class` for a class the program does not know, `explain.contrast` for a class compared with itself;
 *   CanceledError
 */
export async function explain(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  {
    targetClass,
    contrast,
    cam = DEFAULT_CAM,
    method = defaultMethod(classifier),
    member,
    best,
    onPartial,
    ...hooks
  }: ExplainOptions = {},
): Promise<Explanation> {
  const decision = await decide(model, classifier, values, { targetClass, contrast }, hooks.signal);
  const made = (maps: AllMaps): Explanation => explanation(model, classifier, values, decision, { maps, cam, method });
  const options = { cam, methods: [method], member, best, ...hooks };
  return made(
    await allMaps(model, classifier, values, decision, {
      ...options,
      ...(onPartial && { onPartial: (maps) => onPartial(made(maps)) }),
    }),
  );
}

function explanation(
  model: AcousticModel,
  { members, classNames }: Classifier,
  values: ArrayLike<number>,
  { logits, predicted, probabilities, target, contrast, score }: Decision,
  { maps: all, cam, method }: { maps: AllMaps; cam: CamVariant; method: SaliencyMethod },
): Explanation {
  const { pictures, shown } = all;
  const { frontEnd } = model.card;
  const shape = [pictures.features.length / frontEnd.melBins, frontEnd.melBins];
  return {
    series: Float64Array.from(values),
    reprogrammed: pictures.clip,
    attention: pictures.attention,
    mel: { shape, data: pictures.features },
    camVariant: cam,
    cam: Object.fromEntries(
      Object.entries(pictures.grids).map(([name, grid]) => [name, { shape, data: scaledToOne(grid) }]),
    ),
    scaledActivations: pictures.singleChannel,
    onSeries: all.maps,
    completeness: all.completeness,
    target: { label: classNames[target], index: target, score: score.value(logits, 0) },
    contrast: contrast === null ? null : { label: classNames[contrast], index: contrast },
    prediction: { label: classNames[predicted], index: predicted, probabilities },
    classes: [...classNames],
    method,
    members: { count: members.length, heard: all.heard, shown, shares: all.shares, leftOut: all.leftOut },
    axes: {
      sampleRate: frontEnd.sampleRate,
      hopSeconds: frontEnd.hop / frontEnd.sampleRate,
      windowSeconds: frontEnd.fftSize / frontEnd.sampleRate,
      firstFrameSeconds: firstSample(frontEnd) / frontEnd.sampleRate,
      melHertz: Float64Array.from(melCenters(frontEnd)),
      replicas: replicaSpans(members[shown].rendering.positions(values.length), values.length),
    },
  };
}
