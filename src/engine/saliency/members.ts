import type { AcousticModel } from '../acoustic/model';
import type { Member } from '../ensemble/member-logits';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES } from '../rendering/placement';
import { gradientTimesInput } from './attribution';
import type { CamVariant } from './class-activation';
import { sumOverSeries, valuesDuring, type SeriesMap } from './series-axis';
import { frameSharer, tappedMaps } from './tapped-maps';
import { clipOf, renderMembers } from './variants';

/** One member of a classifier, and what its clip contributes to the score that is explained. */
export interface MemberPart {
  member: Member;
  /** d score / d logits of this member, [K]; it carries the member's part into every map that is made of gradients */
  dLogits: Float32Array;
  /** the member's part in the decision, for attention, which has no gradient */
  share: number;
}

/** The pictures of the clip of one member, as the paper's figure 4 shows them. */
export interface ClipPictures {
  /** what the acoustic model hears, [16000] */
  clip: Float32Array;
  /** standardized features, [frame][mel bin] */
  features: Float32Array;
  /** [frame]; null for a model without attention */
  attention: Float32Array | null;
  /** class activation map by layer, [frame][mel bin], unscaled */
  grids: Record<string, Float32Array>;
  /** layers of a single channel */
  singleChannel: string[];
}

/** Maps of a series that several members hear, on the axis of the series. */
export interface MemberMaps {
  /** `attention`, the convolutions and `gradient-x-input`; a map for which every member is too coarse is not among them */
  maps: Record<string, SeriesMap>;
  /** by map: positions of the members whose resolution is too coarse for the series, and which were left out */
  leftOut: Record<string, number[]>;
  shown: ClipPictures;
}

/** Members that cannot tell apart this part of the series say nothing about places in it. */
const COARSEST_PART = 1 / 4;
/** Clips whose activations are held at once; some 2 MB each. */
const CLIPS_AT_ONCE = 32;

export interface MemberMapsOptions {
  cam: CamVariant;
  /** whether gradient x input is among the maps */
  input: boolean;
  /** the member whose clip is shown, by its position; default: the first */
  shown?: number;
  /** members that cannot tell apart this part of the series are left out; Infinity for none */
  coarsest?: number;
  signal?: AbortSignal;
}

/**
 * Explains a series through several members: attention weighted by their shares, class activation maps, and gradient x input, each
 * summed over the members on the axis of the series.
 * @throws CanceledError
 */
export async function explainMembers(
  model: AcousticModel,
  parts: readonly MemberPart[],
  values: ArrayLike<number>,
  { cam, input, shown = 0, coarsest = COARSEST_PART, signal }: MemberMapsOptions,
): Promise<MemberMaps> {
  const sums = new SeriesSums(values.length);
  let pictures: ClipPictures | null = null as ClipPictures | null;
  const { card } = model;
  const k = card.sourceLabels.length;
  const share = frameSharer(card);
  for (let from = 0; from < parts.length; from += CLIPS_AT_ONCE) {
    throwIfCanceled(signal);
    const batch = parts.slice(from, from + CLIPS_AT_ONCE);
    const clips = renderMembers(
      batch.map(({ member }) => member),
      values,
    );
    const dLogits = new Float32Array(batch.length * k);
    batch.forEach((part, i) => dLogits.set(part.dLogits, i * k));
    const taps = await model.tap(clips, batch.length, dLogits, { input });
    batch.forEach((part, i) => {
      const where = part.member.rendering.positions(values.length);
      const tapped = tappedMaps(card, taps, i, batch.length, cam);
      for (const { name, curve, receptive } of tapped) {
        const resolution = valuesDuring(receptive, where);
        if (resolution > coarsest * values.length) {
          sums.leaveOut(name, from + i);
          continue;
        }
        const map = sumOverSeries(share(curve), values.length, where);
        sums.add(name, name === 'attention' ? map.map((value) => part.share * value) : map, resolution);
      }
      if (from + i === shown)
        pictures = {
          clip: clipOf(clips, i).slice(),
          features: piece(taps.features, i, batch.length),
          attention: taps.attention && piece(taps.attention, i, batch.length),
          grids: Object.fromEntries(tapped.flatMap(({ name, grid }) => (grid ? [[name, grid]] : []))),
          singleChannel: taps.convolutions.filter(({ tap }) => tap.channels === 1).map(({ tap }) => tap.name),
        };
      if (!taps.input) return;
      const heard = sumOverSeries(new Float64Array(CLIP_SAMPLES), values.length, where);
      const slopes = gradientTimesInput(part.member, values, clipOf(taps.input, i));
      // Adding 0 where a value is heard and NaN where it is not.
      sums.add(
        'gradient-x-input',
        slopes.map((value, j) => value + heard[j]),
        valuesDuring(1, where),
      );
    });
  }
  if (!pictures) throw new RangeError(`there is no member ${shown} among ${parts.length}`);
  return { maps: sums.maps, leftOut: sums.leftOut, shown: pictures };
}

/** What belongs to clip i of n, copied. */
function piece(packed: Float32Array, i: number, n: number): Float32Array {
  return packed.slice((i * packed.length) / n, ((i + 1) * packed.length) / n);
}

/** Sums of maps by name; a value that some member hears counts what those say that hear it. */
export class SeriesSums {
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

  /** The maps as they are now. */
  copy(): Record<string, SeriesMap> {
    const copied = ({ values, resolution }: SeriesMap): SeriesMap => ({ values: values.slice(), resolution });
    return Object.fromEntries(Object.entries(this.maps).map(([name, map]) => [name, copied(map)]));
  }
}
