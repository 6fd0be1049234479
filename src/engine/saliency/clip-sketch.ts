import { frameCount, type FrontEnd } from '../audio/front-end';
import { buildRendering } from '../rendering/build';
import type { RenderingDescription, RenderingKind } from '../rendering/description';
import { CLIP_SAMPLES, planPlacement, silentEdge } from '../rendering/placement';
import { measureTrain, type TrainStatistics } from '../rendering/train-statistics';
import { trainedRendering } from '../rendering/trained';
import type { ReprogramOptions } from '../reprogram';
import { drawnMembers } from '../reprogram/drawn-members';
import { STREAM, streamOf } from '../reprogram/streams';
import { INITIAL_CARRIER_DEVIATION } from '../reprogram/theta-training';
import { firstSample } from './clip-axis';

/** Replicas that are drawn while `auto` has not been tried. */
const AUTO_REPLICAS = 10;

export interface SketchRequest {
  /** values of the training series, gaps filled */
  train: readonly ArrayLike<number>[];
  /** the series to draw */
  values: ArrayLike<number>;
  options: ReprogramOptions;
  frontEnd: FrontEnd;
  /** of an ensemble: which of the members that a run with these options draws, from 0; else ignored */
  member: number;
}

/** How a series would lie on the clip, and what each frame of the acoustic model would hear of it. */
export interface ClipSketch {
  kind: RenderingKind;
  /** replicas of the series; null for a rendering without them */
  replicas: number | null;
  /** the sound of the series, without a theta that is trained: [16000] */
  clip: Float32Array;
  /** position on the series axis (0 is the first value) of the first and of the last value that each frame hears; NaN for none */
  frames: { from: Float32Array; to: Float32Array };
  /** clip samples: from the start of one frame to the next, start of the first one (may be below 0), and length of a frame */
  hop: number;
  first: number;
  length: number;
  /** series values that pass during one frame, were it filled */
  valuesPerFrame: number;
}

/**
 * Draws a series as a run would begin with it, before anything is trained.
 * @throws V2SError `placement.*`, `rendering.*`, `ensemble.members`
 */
export function sketchClip({ train, values, options, frontEnd, member }: SketchRequest): ClipSketch {
  const statistics = measureTrain(train);
  const description = describe({ train, statistics }, options, frontEnd, member);
  const rendering = buildRendering(description, statistics);
  const random = streamOf(options.seed, STREAM.final);
  const theta = new Float32Array(CLIP_SAMPLES);
  const phi = Float32Array.from(theta, () => INITIAL_CARRIER_DEVIATION * random.gaussian());
  const clip = new Float32Array(CLIP_SAMPLES);
  rendering.render(values, new Map(Object.entries({ theta, phi })), clip);
  const { of, valuesPerSample } = rendering.positions(values.length);
  const { hop, fftSize } = frontEnd;
  const first = firstSample(frontEnd);
  return {
    kind: description.kind,
    replicas: description.kind === 'replicas' ? description.placement.replicas : null,
    clip,
    frames: framesOf(of, frameCount(frontEnd), (t) => first + t * hop, fftSize),
    ...{ hop, first, length: fftSize, valuesPerFrame: valuesPerSample * fftSize },
  };
}

function describe(
  { train, statistics }: { train: SketchRequest['train']; statistics: TrainStatistics },
  options: ReprogramOptions,
  frontEnd: FrontEnd,
  member: number,
): RenderingDescription {
  if (options.method === 'ensemble') return drawnMembers(options, member + 1, { train, statistics }, frontEnd)[member];
  const replicas = options.replicas === 'auto' ? AUTO_REPLICAS : options.replicas;
  const { placement } = planPlacement(train, replicas, options.mask, silentEdge(frontEnd));
  return trainedRendering(options.rendering, train, statistics, placement);
}

/** The least and the greatest position within each frame. */
function framesOf(of: Float32Array, count: number, startOf: (frame: number) => number, length: number) {
  const from = new Float32Array(count).fill(NaN);
  const to = new Float32Array(count).fill(NaN);
  for (let t = 0; t < count; t++) {
    const start = startOf(t);
    const end = Math.min(of.length, start + length);
    for (let i = Math.max(0, start); i < end; i++) {
      if (Number.isNaN(of[i])) continue;
      if (!(from[t] <= of[i])) from[t] = of[i];
      if (!(to[t] >= of[i])) to[t] = of[i];
    }
  }
  return { from, to };
}
