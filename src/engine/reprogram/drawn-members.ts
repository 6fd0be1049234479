import type { FrontEnd } from '../audio/front-end';
import { drawMembers } from '../ensemble/draw-members';
import { SAMPLER } from '../ensemble/sampler';
import type { RenderingDescription } from '../rendering/description';
import { silentEdge } from '../rendering/placement';
import type { TrainStatistics } from '../rendering/train-statistics';
import type { ReprogramOptions } from './options';
import { STREAM, streamOf } from './streams';

/** Members of `auto`; see docs/ensembles.md. */
const AUTO_MEMBERS = 60;
/** Most flattened series among those that the mapping is fitted to. */
const FLAT_SERIES = 4;

/** How many members a run with these options draws. */
export function membersDrawn({ members }: Pick<ReprogramOptions, 'members'>): number {
  return members === 'auto' ? AUTO_MEMBERS : members;
}

/** How many flattened series every member hears besides `series` training series. */
export function flatSeries(series: number): number {
  return Math.min(FLAT_SERIES, series);
}

/**
 * The first `count` members that a run draws; each depends on the seed and on its place alone.
 * @param train values of the training series, gaps filled, and their statistics
 * @throws V2SError `ensemble.members`
 */
export function drawnMembers(
  { seed }: Pick<ReprogramOptions, 'seed'>,
  count: number,
  { train, statistics }: { train: readonly ArrayLike<number>[]; statistics: TrainStatistics },
  frontEnd: FrontEnd,
): RenderingDescription[] {
  return drawMembers({
    seed: streamOf(seed, STREAM.ensemble).below(2 ** 32),
    count,
    sampler: SAMPLER,
    train,
    statistics,
    edge: silentEdge(frontEnd),
  });
}
