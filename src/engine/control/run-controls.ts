import type { AcousticModel } from '../acoustic/model';
import type { ModelFolder } from '../acoustic/store';
import { drawMembers } from '../ensemble/draw-members';
import { memberLogits, type Member } from '../ensemble/member-logits';
import { SAMPLER } from '../ensemble/sampler';
import { V2SError } from '../errors';
import { buildRendering } from '../rendering/build';
import type { RenderingKind } from '../rendering/description';
import { silentEdge } from '../rendering/placement';
import { measureTrain } from '../rendering/train-statistics';
import { trainingDataOf } from '../reprogram/training-data';
import type { SeriesDataset } from '../series';
import { openListener, untrainedArchitecture, type Listener } from './listeners';
import { meanSpectra } from './mean-spectra';
import { readOut, type ReadOut } from './read-out';

export interface ControlOptions {
  /** of the drawn members */
  seed: number;
  members: number;
  /** permutations, and initial weights; their seeds are 1, 2, .. */
  seeds: number;
  /** the one kind of rendering that is drawn; null: the recipe's mixture */
  rendering: RenderingKind | null;
  threads?: number;
}

/** One listener's result. */
export interface ControlRow extends ReadOut {
  listener: Listener;
  /** of the weights; null for what has only one version */
  seed: number | null;
  seconds: number;
}

interface ControlResult {
  rows: ControlRow[];
  notes: string[];
}

export interface ControlHooks {
  signal?: AbortSignal;
  /** clips heard and to be heard, by all listeners together */
  onProgress?(done: number, total: number): void;
  onRow?(row: ControlRow): void;
}

/** Clips per batch. */
const BATCH = 32;

/**
 * Does the speech in a speech model matter? The same drawn ensemble is heard by the model, by the model with its weights permuted, by
 * its architecture untrained, and by its front end alone, and the same linear mapping reads the classes from each. Everything is
 * chosen on TRAIN; TEST is classified once by each.
 * @throws V2SError `reprogram.empty`, `reprogram.classes`, `series.label-*`, `ensemble.members`, `control.seeds`, `model.*`;
 *   CanceledError
 */
export async function runControls(
  trainSet: SeriesDataset,
  testSet: SeriesDataset | null,
  stored: ModelFolder,
  options: ControlOptions,
  hooks: ControlHooks = {},
): Promise<ControlResult> {
  const { seeds, threads } = options;
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new V2SError('control.seeds', `A control needs at least one seed, not ${seeds}.`);
  const { classNames, train, test } = trainingDataOf(trainSet, testSet);
  const members = drawnMembers(train.series, stored, options);
  const notes = [...trainSet.notes, ...(testSet?.notes ?? [])];
  const versions = Array.from({ length: seeds }, (_, s) => s + 1);
  const plan: { listener: Listener; seed: number | null }[] = [
    { listener: 'speech', seed: null },
    ...versions.map((seed) => ({ listener: 'permuted' as const, seed })),
  ];
  if (untrainedArchitecture(stored)) plan.push(...versions.map((seed) => ({ listener: 'untrained' as const, seed })));
  else notes.push(`How to build ${stored.card.id} untrained is not known: that control is left out.`);
  plan.push({ listener: 'front-end', seed: null });

  // TRAIN and TEST are heard in one go; what is fitted sees the rows of TRAIN only.
  const series = [...train.series, ...(test?.series ?? [])];
  const clips = series.length * members.length;
  const rows: ControlRow[] = [];
  for (const { listener, seed } of plan) {
    const started = performance.now();
    const heard = rows.length * clips;
    const listening = {
      signal: hooks.signal,
      onProgress: (done: number) => hooks.onProgress?.(heard + done, plan.length * clips),
    };
    const network = listener === 'front-end' ? 'speech' : listener;
    const model = await openListener(stored, network, seed, { threads, batchLimit: BATCH });
    let said: { features: Float32Array; width: number };
    try {
      said = await listen(model, listener, members, series, listening);
    } finally {
      await model.close();
    }
    const { features, width } = said;
    const split = train.series.length * members.length * width;
    const found = await readOut(
      { features: features.subarray(0, split), labels: train.labels },
      test && { features: features.subarray(split), labels: test.labels },
      members.map(() => width),
      classNames.length,
      hooks.signal,
    );
    const row = { listener, seed, ...found, seconds: (performance.now() - started) / 1000 };
    rows.push(row);
    hooks.onRow?.(row);
  }
  return { rows, notes };
}

function drawnMembers(
  train: readonly ArrayLike<number>[],
  { card }: ModelFolder,
  { seed, members, rendering }: ControlOptions,
): Member[] {
  const statistics = measureTrain(train);
  const sampler = rendering === null ? SAMPLER : { ...SAMPLER, kinds: [[rendering, 1]] as const };
  const edge = silentEdge(card.frontEnd);
  return drawMembers({ seed, count: members, sampler, train, statistics, edge }).map((description) => ({
    rendering: buildRendering(description, statistics),
    parameters: new Map(),
  }));
}

async function listen(
  model: AcousticModel,
  listener: Listener,
  members: readonly Member[],
  series: readonly ArrayLike<number>[],
  hooks: { signal?: AbortSignal; onProgress(done: number): void },
): Promise<{ features: Float32Array; width: number }> {
  if (listener === 'front-end') return await meanSpectra(model, members, series, hooks);
  return { features: await memberLogits(model, members, series, hooks), width: model.card.sourceLabels.length };
}
