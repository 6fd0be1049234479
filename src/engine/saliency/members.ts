import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES } from '../reprogram';
import { gradientTimesInput, renderAll } from './attribution';
import type { CamVariant } from './class-activation';
import type { ProgramRendering } from './program-rendering';
import { sumOverSeries, valuesDuring, type SeriesMap } from './series-axis';
import { frameSharer, tappedMaps } from './tapped-maps';

/** One program of an ensemble, and what its clip contributes to the score that is explained. */
export interface Member extends ProgramRendering {
  model: AcousticModel;
  /** d score / d logits of this member, [K]; it carries the member's part into every map that is made of gradients */
  dLogits: Float32Array;
  /** the member's part in the decision, for attention, which has no gradient */
  share: number;
}

/** Maps of a series that several members hear, on the axis of the series. */
export interface MemberMaps {
  /** `attention`, the convolutions and `gradient-x-input`; a map for which every member is too coarse is not among them */
  maps: Record<string, SeriesMap>;
  /** by map: positions of the members whose resolution is too coarse for the series, and which were left out */
  leftOut: Record<string, number[]>;
}

/** Members that cannot tell apart this part of the series say nothing about places in it. */
const COARSEST_PART = 1 / 4;
/** Clips whose activations are held at once; some 2 MB each. */
const CLIPS_AT_ONCE = 64;

/**
 * Explains a series through several members: attention weighted by their shares, class activation maps, and gradient x input, each
 * summed over the members on the axis of the series.
 * @throws CanceledError
 */
export async function explainMembers(
  members: readonly Member[],
  values: ArrayLike<number>,
  { cam, signal }: { cam: CamVariant; signal?: AbortSignal },
): Promise<MemberMaps> {
  const sums = new SeriesSums(values.length);
  for (const [model, positions] of byModel(members)) {
    const { card } = model;
    const k = card.sourceLabels.length;
    const share = frameSharer(card);
    for (let from = 0; from < positions.length; from += CLIPS_AT_ONCE) {
      throwIfCanceled(signal);
      const batch = positions.slice(from, from + CLIPS_AT_ONCE);
      const clips = new Float32Array(batch.length * CLIP_SAMPLES);
      const dLogits = new Float32Array(batch.length * k);
      batch.forEach((at, i) => {
        clips.set(renderAll(members[at], [values]), i * CLIP_SAMPLES);
        dLogits.set(members[at].dLogits, i * k);
      });
      const taps = await model.tap(clips, batch.length, dLogits, { input: true });
      batch.forEach((at, i) => {
        const member = members[at];
        const where = member.rendering.positions(values.length);
        for (const { name, curve, receptive } of tappedMaps(card, taps, i, batch.length, cam)) {
          const resolution = valuesDuring(receptive, where);
          if (resolution > COARSEST_PART * values.length) {
            sums.leaveOut(name, at);
            continue;
          }
          const map = sumOverSeries(share(curve), values.length, where);
          sums.add(name, name === 'attention' ? map.map((value) => member.share * value) : map, resolution);
        }
        const dClip = taps.input!.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES);
        const heard = sumOverSeries(new Float64Array(CLIP_SAMPLES), values.length, where);
        const slopes = gradientTimesInput({ ...member, values }, dClip);
        // Adding 0 where a value is heard and NaN where it is not.
        sums.add(
          'gradient-x-input',
          slopes.map((value, j) => value + heard[j]),
          valuesDuring(1, where),
        );
      });
    }
  }
  return { maps: sums.maps, leftOut: sums.leftOut };
}

/** Positions of the members of each acoustic model: their clips go through it together. */
function byModel(members: readonly Member[]): Map<AcousticModel, number[]> {
  const groups = new Map<AcousticModel, number[]>();
  members.forEach(({ model }, at) => groups.set(model, [...(groups.get(model) ?? []), at]));
  return groups;
}

/** Sums of maps by name; a value that some member hears counts what those say that hear it. */
class SeriesSums {
  readonly maps: Record<string, SeriesMap> = {};
  readonly leftOut: Record<string, number[]> = {};

  constructor(private readonly length: number) {}

  add(name: string, part: Float64Array, resolution: number): void {
    const map = (this.maps[name] ??= { values: new Float64Array(this.length).fill(NaN), resolution: 1 });
    map.resolution = Math.max(map.resolution, resolution);
    part.forEach((value, j) => {
      if (!Number.isNaN(value)) map.values[j] = (Number.isNaN(map.values[j]) ? 0 : map.values[j]) + value;
    });
  }

  leaveOut(name: string, member: number): void {
    (this.leftOut[name] ??= []).push(member);
  }
}
