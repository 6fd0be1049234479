import { friedman, holm, wilcoxon, type Friedman } from './statistics';
import type { TaskProgress } from './sweep-folder';
import { modelName, type Task } from './tasks';

/** A difference counts as one below this chance of it without any. */
export const SIGNIFICANCE = 0.05;

/** What a classifier reached on a data set, over its seeds. */
export interface Cell {
  /** accuracy 0..1 */
  mean: number;
  /** of a sample, n - 1; null for a single run */
  deviation: number | null;
  /** runs that are done */
  runs: number;
  planned: number;
  /** mean wall-clock time per run */
  seconds: number;
}

/** Two classifiers on the data sets that are compared. */
interface Pair {
  /** indices of classifiers; the first one has the better mean rank */
  a: number;
  b: number;
  /** data sets on which `a` is better, equal, worse */
  wins: number;
  ties: number;
  losses: number;
  p: number;
  /** by Holm, over all pairs */
  adjusted: number;
}

export interface Comparison {
  dataSets: string[];
  /** a method, with its acoustic model where the sweep has several */
  classifiers: string[];
  /** [data sets][classifiers]; null where no run is done */
  cells: (Cell | null)[][];
  /** indices of the data sets on which every planned run is done: only these are ranked */
  complete: number[];
  /** mean accuracy per classifier over the complete data sets; empty without one */
  means: number[];
  /** null below two classifiers or two complete data sets */
  ranking: {
    friedman: Friedman;
    pairs: Pair[];
    /** indices of classifiers with no significant difference among them, by mean rank; none is part of another */
    cliques: number[][];
  } | null;
}

/** Holds all classifiers of a sweep against each other by their mean accuracy over the seeds. */
export function compareClassifiers(progress: readonly TaskProgress[]): Comparison {
  const models = new Set(progress.flatMap(({ task }) => (task.model === null ? [] : [modelName(task.model)])));
  const nameOf = ({ method, model }: Task): string =>
    model === null || models.size < 2 ? method.name : `${method.name}, ${modelName(model)}`;
  const dataSets = [...new Set(progress.map(({ task }) => task.data.name))];
  const classifiers = [...new Set(progress.map(({ task }) => nameOf(task)))];
  const groups = new Map<string, TaskProgress[]>();
  for (const entry of progress) {
    const key = JSON.stringify([entry.task.data.name, nameOf(entry.task)]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const cells = dataSets.map((data) =>
    classifiers.map((classifier) => cellOf(groups.get(JSON.stringify([data, classifier])) ?? [])),
  );
  const complete = dataSets
    .map((_, d) => d)
    .filter((d) => cells[d].every((cell) => cell?.runs === cell?.planned && cell));
  const scores = complete.map((d) => cells[d].map((cell) => cell!.mean));
  return {
    ...{ dataSets, classifiers, cells, complete },
    means: scores.length > 0 ? classifiers.map((_, c) => meanOf(scores.map((row) => row[c]))) : [],
    ranking: rankingOf(scores, classifiers.length),
  };
}

function cellOf(group: readonly TaskProgress[]): Cell | null {
  const done = group.flatMap(({ record }) => (record?.state === 'done' && record.outcome ? [record] : []));
  if (done.length === 0) return null;
  const values = done.map((record) => record.outcome!.test);
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    runs: done.length,
    planned: group.length,
    seconds: meanOf(done.map(({ seconds }) => seconds)),
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** @param scores [data sets][classifiers] */
function rankingOf(scores: readonly (readonly number[])[], k: number): Comparison['ranking'] {
  if (scores.length < 2 || k < 2) return null;
  // The last bits of a mean depend on the order of adding; what is equal but for them is a tie.
  const rounded = scores.map((row) => row.map((score) => Number(score.toFixed(9))));
  const test = friedman(rounded);
  const order = Array.from({ length: k }, (_, c) => c).sort((a, b) => test.meanRanks[a] - test.meanRanks[b]);
  const raw = order.flatMap((a, i) => order.slice(i + 1).map((b) => pairOf(rounded, a, b)));
  const adjusted = holm(raw.map(({ p }) => p));
  const pairs = raw.map((pair, i) => ({ ...pair, adjusted: adjusted[i] }));
  return { friedman: test, pairs, cliques: cliquesOf(order, pairs, test.p) };
}

function pairOf(scores: readonly (readonly number[])[], a: number, b: number): Omit<Pair, 'adjusted'> {
  const [first, second] = [a, b].map((c) => scores.map((row) => row[c]));
  const count = (holds: (difference: number) => boolean): number =>
    first.filter((value, i) => holds(value - second[i])).length;
  return {
    ...{ a, b, p: wilcoxon(first, second).p },
    ...{ wins: count((d) => d > 0), ties: count((d) => d === 0), losses: count((d) => d < 0) },
  };
}

/** The longest rows of neighbors by mean rank in which no pair differs; all of them where Friedman's test finds no difference. */
function cliquesOf(order: readonly number[], pairs: readonly Pair[], p: number): number[][] {
  if (p >= SIGNIFICANCE) return [[...order]];
  const differ = new Set(pairs.filter(({ adjusted }) => adjusted < SIGNIFICANCE).map(({ a, b }) => `${a} ${b}`));
  const cliques: number[][] = [];
  let reached = 0;
  for (let from = 0; from < order.length; from++) {
    let to = from + 1;
    while (to < order.length && order.slice(from, to).every((c) => !differ.has(`${c} ${order[to]}`))) to++;
    if (to - from > 1 && to > reached) cliques.push(order.slice(from, to));
    reached = Math.max(reached, to);
  }
  return cliques;
}
