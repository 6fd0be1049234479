import type { AcousticModel } from '../acoustic/model';
import type { SourceLogits } from '../acoustic/store';
import { throwIfCanceled, V2SError } from '../errors';
import { classifierOf, type Program } from '../reprogram';
import type { SeriesDataset } from '../series';
import type { BoundOptions } from './bound';
import { hearSeries, type HearingOptions } from './heard-series';
import { PAPER_PROJECTIONS, SlicedWassersteinReference, type SlicedEstimate } from './sliced-wasserstein';
import { SourceHalves, type SplitDistance } from './source-halves';

/** What holds for a program that Theorem 1 says nothing about. */
export interface MemberDistances {
  /** in the program's order: how its kind of rendering is called, and how far its series lie from the source clips in the logits */
  members: { rendering: string; w1: number; swd: SlicedEstimate }[];
  /** Wasserstein-1 between two halves of the source clips at the size of the members' distances; null for a single clip */
  floor: SplitDistance | null;
  /** source clips and series of each Wasserstein-1 distance */
  w1Size: { clips: number; series: number };
  k: number;
  /** see HeardSeries */
  targetRisk: number | null;
  /** target series, and source clips, that the sliced distances are over */
  series: number;
  clips: number;
  notes: string[];
}

/**
 * Whether Theorem 1 speaks of a program: of one member, whose classes are means of the probabilities of source words, as in the paper.
 */
export function hasBound({ description: { members }, ensemble }: Program): boolean {
  return ensemble === null && members.length === 1;
}

/**
 * The distances of every member of a program from the source clips, and the risk of all members together. No bound follows from them.
 * @param source logits of source clips, as the model's folder holds them
 * @throws V2SError `theory.readout` for a program that reads hidden states, those of `hearSeries` and of the distances; CanceledError
 */
export async function distancesOfMembers(
  program: Program,
  model: AcousticModel,
  source: SourceLogits,
  dataset: SeriesDataset,
  options: BoundOptions & HearingOptions = {},
): Promise<MemberDistances> {
  const { readout } = classifierOf(program);
  if (readout !== 'logits')
    throw new V2SError(
      'theory.readout',
      `This program reads hidden states of the acoustic model (read-out ${readout}), and the source clips are known by their logits only. ` +
        'Make a program with the read-out logits to compare the two.',
    );
  const { logits, n, targetRisk } = await hearSeries(program, model, dataset, options);
  const { members } = program.description;
  const k = model.card.sourceLabels.length;
  const clips = source.labels.length;
  const { seed = 1, size, splits, projections = PAPER_PROJECTIONS } = options;
  const halves = new SourceHalves({ logits: source.logits, n: clips }, k, { seed, size, splits });
  const sliced = new SlicedWassersteinReference(source.logits, clips, k, { projections, seed });
  const found: MemberDistances['members'] = [];
  for (const [p, { rendering }] of members.entries()) {
    // The distances hold the thread; a request to stop is seen between two members.
    await new Promise((resume) => setImmediate(resume));
    throwIfCanceled(options.signal);
    const own = new Float32Array(n * k);
    for (let row = 0; row < n; row++) {
      const from = (row * members.length + p) * k;
      own.set(logits.subarray(from, from + k), row * k);
    }
    found.push({
      rendering: rendering.kind,
      w1: halves.distance({ logits: own, n }),
      swd: sliced.estimate(own, n),
    });
  }
  return {
    members: found,
    floor: halves.floor(n),
    w1Size: { clips: halves.size, series: Math.min(n, halves.size) },
    k,
    targetRisk,
    series: n,
    clips,
    notes: dataset.notes,
  };
}
