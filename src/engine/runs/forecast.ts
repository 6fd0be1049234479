import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AcousticModel } from '../acoustic/model';
import { V2SError } from '../errors';
import { median } from '../math/median';
import { CLIP_SAMPLES, type ReprogramOptions } from '../reprogram';
import { flatSeries, membersDrawn } from '../reprogram/drawn-members';
import { planTrainings } from '../reprogram/training-plan';
import { RunFolder } from './run-folder';

/** Run folders that are looked at, the most recent ones. */
const MOST_RUNS = 200;
/** Clips of the short measurement. */
const MEASURED_CLIPS = 16;

/** A finished run on the same TRAIN. */
interface PastRun {
  folder: string;
  /** ISO 8601 */
  created: string;
  /** id of the acoustic model */
  model: string;
  method: ReprogramOptions['method'];
  /** accuracies 0..1; null where they were not measured */
  heldOut: number | null;
  test: number | null;
}

/** What previous runs tell of a run that is about to start. */
interface PastRuns {
  /** on the same data, the most recent first */
  same: PastRun[];
  /** of this method through this model, on any data: milliseconds per clip of an ensemble, per step of theta; null without such a run */
  msPerStep: number | null;
}

/**
 * Looks through the run folders; those that cannot be read are left out.
 * @param asked `sha256` of TRAIN, `weights` of the acoustic model
 */
export async function pastRuns(
  roots: readonly string[],
  asked: { sha256: string; weights: string; options: Pick<ReprogramOptions, 'method' | 'batchSize'> },
): Promise<PastRuns> {
  const same: PastRun[] = [];
  const times: number[] = [];
  for (const root of roots) {
    const names = (await readdir(root).catch(() => [])).sort().slice(-MOST_RUNS);
    for (const name of names)
      try {
        const folder = await RunFolder.open(join(root, name));
        const { train, model, options, created } = folder.config;
        const isAlike =
          options.method === asked.options.method &&
          (options.method === 'ensemble' || options.batchSize === asked.options.batchSize);
        if (isAlike && model.weightsSha256 === asked.weights) {
          const steps = (await folder.readMetrics()).map(({ msPerStep }) => msPerStep).filter((ms) => ms > 0);
          if (steps.length > 0) times.push(median(steps));
        }
        if (train.sha256 !== asked.sha256) continue;
        const program = await folder.readProgram();
        if (!program) continue;
        const { heldOut, test } = program.description.metrics;
        same.push({
          folder: folder.path,
          created,
          model: model.id,
          method: options.method,
          heldOut: heldOut?.accuracy ?? null,
          test: test?.accuracy ?? null,
        });
      } catch (error) {
        if (!(error instanceof V2SError)) throw error;
      }
  }
  same.sort((a, b) => b.created.localeCompare(a.created));
  return { same, msPerStep: times.length > 0 ? median(times) : null };
}

/**
 * The work of a run: clips that an ensemble hears, or steps that train theta.
 * @param labels class of every training series
 */
export function workOf(options: ReprogramOptions, labels: readonly number[]): number {
  const { method, members, epochs, batchSize } = options;
  if (method === 'ensemble') return (labels.length + flatSeries(labels.length)) * membersDrawn(options);
  const { split, folds } = planTrainings(labels, options);
  const steps = [split, ...folds].reduce((sum, { training }) => sum + Math.ceil(training.length / batchSize), 0);
  return steps * epochs * (members === 'auto' ? 1 : members);
}

/**
 * Measures what previous runs did not tell: a few clips through the model, twice, of which the second time counts.
 * @returns milliseconds per clip of an ensemble, per step of theta
 */
export async function measureStep(
  model: AcousticModel,
  { method, batchSize }: Pick<ReprogramOptions, 'method' | 'batchSize'>,
): Promise<number> {
  const clips = Math.min(MEASURED_CLIPS, model.batchLimit, method === 'ensemble' ? MEASURED_CLIPS : batchSize);
  const waveforms = Float32Array.from({ length: clips * CLIP_SAMPLES }, (_, i) => 0.1 * Math.sin(0.2 * i));
  let elapsed = 0;
  for (let round = 0; round < 2; round++) {
    const started = performance.now();
    if (method === 'ensemble') await model.logits(waveforms, clips);
    else {
      const logits = await model.forward(waveforms, clips);
      await model.backward(new Float32Array(logits.length).fill(1 / logits.length), { input: 'sum' });
    }
    elapsed = performance.now() - started;
  }
  return (elapsed / clips) * (method === 'ensemble' ? 1 : batchSize);
}
