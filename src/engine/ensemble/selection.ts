import { V2SError } from '../errors';
import { EnsembleHead } from './head';
import { argmax } from '../math/softmax';
import { fitMapping, membersOnly, startsOf, type FittedMapping, type LabeledLogits } from './mapping';

/** Leave-one-out figures of an ensemble of so many members. */
export interface EnsembleFigures {
  members: number;
  accuracy: number;
  logLoss: number;
}

export interface SelectionHooks {
  signal?: AbortSignal;
  onFigures?: (figures: EnsembleFigures) => void;
}

/** More series than these are held out in two folds instead of five, for the time that it takes. */
const FEW_SERIES = 1000;
/** Part of the members that one round of pruning takes out. */
const ROUND = 0.2;

/** Numbers of members at which a learning curve is measured: 1, 2, 5, 10, 20, 50, .. and all. */
export function curvePoints(members: number): number[] {
  const points: number[] = [];
  for (let decade = 1; decade <= members; decade *= 10)
    for (const step of [1, 2, 5]) if (step * decade < members) points.push(step * decade);
  return [...points, members];
}

/**
 * Leave-one-out figures by number of members, the first ones of the ensemble.
 * @throws as `fitMapping`
 */
export async function learningCurve(
  data: LabeledLogits,
  { signal, onFigures }: SelectionHooks = {},
): Promise<EnsembleFigures[]> {
  const curve: EnsembleFigures[] = [];
  for (const members of curvePoints(data.words.length)) {
    const first = Array.from({ length: members }, (_, p) => p);
    const figures = figuresOf(await fitMapping(membersOnly(data, first), signal), members);
    curve.push(figures);
    onFigures?.(figures);
  }
  return curve;
}

/** A member's part in the spread of the scores over series, all classes together; sums to 1 (0 for scores that do not vary). */
export function memberShares({ mapping }: FittedMapping, { logits, labels }: LabeledLogits): Float64Array {
  const head = new EnsembleHead(mapping);
  const spread = new Float64Array(head.members);
  // The means of the shares over TRAIN are 0, as the features' are.
  for (let i = 0; i < labels.length; i++)
    for (let c = 0; c < head.classes; c++)
      head.shares(logits, c, i * head.width).forEach((share, p) => (spread[p] += share * share));
  const total = spread.reduce((sum, part) => sum + part, 0);
  return total > 0 ? spread.map((part) => part / total) : spread;
}

/**
 * For scripts/ensemble-study.mjs, which found that it costs accuracy (docs/ensembles.md); runs keep all members.
 *
 * The fewest members that lose nothing on series that did not choose them: members are taken out in rounds, the fifth with the
 * smallest shares at a time, the mapping fitted anew (recursive feature elimination, Guyon et al. 2002). How many may go is decided
 * on held-out folds, on each of which the whole elimination runs without its series: leave-one-out figures of an ensemble that was
 * picked by the same series are far too bright (Ambroise & McLachlan 2002). The elimination ends before the first round
 * whose held-out accuracy is below, or whose held-out log loss above, that of all members. (A later, smaller ensemble that is good
 * again is good by luck.) Deterministic; of equal shares the later member goes first.
 * @returns members kept, ascending, with their mapping; the held-out figures of every round
 * @throws as `fitMapping`; V2SError `ensemble.members` without any member
 */
export async function pruneMembers(
  data: LabeledLogits,
  { signal, onFigures }: SelectionHooks = {},
): Promise<{ kept: number[]; fitted: FittedMapping; rounds: EnsembleFigures[] }> {
  if (data.words.length === 0) throw new V2SError('ensemble.members', 'An ensemble without members cannot be pruned.');
  const n = data.labels.length;
  const rounds = roundSizes(data.words.length).map((members) => ({ members, accuracy: 0, logLoss: 0 }));
  for (const { training, held } of foldsOf(data.labels, n <= FEW_SERIES ? 5 : 2)) {
    let round = 0;
    for await (const { kept, fitted } of elimination(seriesOnly(data, training), signal)) {
      const head = new EnsembleHead(fitted.mapping);
      const { logits } = membersOnly(seriesOnly(data, held), kept);
      held.forEach((i, h) => {
        const probabilities = head.probabilities(logits, h * head.width, new Float64Array(head.classes));
        if (argmax(probabilities) === data.labels[i]) rounds[round].accuracy += 1 / n;
        rounds[round].logLoss -= Math.log(Math.max(probabilities[data.labels[i]], Number.MIN_VALUE)) / n;
      });
      round++;
    }
  }
  for (const figures of rounds) onFigures?.(figures);
  const [all] = rounds;
  const tolerance = 1e-9;
  const worse = rounds.findIndex(
    ({ accuracy, logLoss }) => accuracy < all.accuracy - tolerance || logLoss > all.logLoss + tolerance,
  );
  const { members } = rounds[worse < 0 ? rounds.length - 1 : worse - 1];
  for await (const { kept, fitted } of elimination(data, signal))
    if (kept.length === members) return { kept, fitted, rounds };
  throw new Error('the elimination passes through every size');
}

/** Sizes of the ensemble from all members down to one. */
function roundSizes(members: number): number[] {
  const sizes = [members];
  while (sizes.at(-1)! > 1) sizes.push(Math.min(sizes.at(-1)! - 1, Math.ceil(sizes.at(-1)! * (1 - ROUND))));
  return sizes;
}

/** Fits all members, then ever fewer. */
async function* elimination(
  data: LabeledLogits,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ kept: number[]; fitted: FittedMapping }> {
  let kept = data.words.map((_, p) => p);
  for (const size of roundSizes(data.words.length).slice(1)) {
    const part = membersOnly(data, kept);
    const fitted = await fitMapping(part, signal);
    yield { kept, fitted };
    const shares = memberShares(fitted, part);
    const byShare = kept.map((_, k) => k).sort((a, b) => shares[b] - shares[a] || a - b);
    const stay = new Set(byShare.slice(0, size));
    kept = kept.filter((_, k) => stay.has(k));
  }
  yield { kept, fitted: await fitMapping(membersOnly(data, kept), signal) };
}

/** Stratified folds: the series of a class go to the folds in turn, so that no random number is needed. */
export function foldsOf(labels: ArrayLike<number>, folds: number): { training: number[]; held: number[] }[] {
  const seen = new Map<number, number>();
  const fold = Array.from(labels, (label, i) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    // Classes start at different folds, so that small ones do not all fall into the first.
    return { i, fold: (before + label) % folds };
  });
  return Array.from({ length: folds }, (_, f) => ({
    training: fold.filter((entry) => entry.fold !== f).map(({ i }) => i),
    held: fold.filter((entry) => entry.fold === f).map(({ i }) => i),
  })).filter(({ training, held }) => training.length > 1 && held.length > 0);
}

/** Some of the series, in the given order. */
export function seriesOnly(data: LabeledLogits, kept: readonly number[]): LabeledLogits {
  const { logits, words, labels } = data;
  const width = startsOf(words).at(-1)!;
  const out = new Float32Array(kept.length * width);
  kept.forEach((i, k) => out.set(logits.subarray(i * width, (i + 1) * width), k * width));
  return { ...data, logits: out, labels: kept.map((i) => labels[i]) };
}

function figuresOf({ leaveOneOut: { accuracy, logLoss } }: FittedMapping, members: number): EnsembleFigures {
  return { members, accuracy, logLoss };
}
