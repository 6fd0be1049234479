import { dirname, join } from 'node:path';
import type { AcousticModel } from '../engine/acoustic/model';
import { openAcousticModel } from '../engine/acoustic/open-model';
import { findFineTuned, fineTunedLogitsOf, readFineTuned, type FoundFineTuned } from '../engine/baselines';
import { throwIfCanceled } from '../engine/errors';
import { embedStages, programStages, type Stage, type StageLogits } from '../engine/embedding';
import { classifierOf, logitsOf, type Program } from '../engine/reprogram';
import { RunFolder, type RunIndex } from '../engine/runs';
import type { SeriesDataset } from '../engine/series';
import { Random } from '../engine/math/random';
import { argmax } from '../engine/math/softmax';
import type { Layout } from '../protocol/panels/tsne';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import { LruCache } from './cache';
import { fileStamp, shortHash, type Library } from './library';
import { labelIndices } from './series-requests';

type EmbedRequests = Pick<Handlers<WorkerContract>, 'embed'>;

/** Logits of stages that are kept, so that a change of perplexity or seed only lays out anew. */
const KEPT_STAGES = 4;

/** What the model said of all series at one moment of the training. */
interface Moment extends StageLogits {
  stage: Layout['stage'];
  /** null where there are no epochs */
  epoch: number | null;
}

export function embedRequests(library: Library, runs: RunIndex): EmbedRequests {
  const kept = new LruCache<{ moments: Moment[]; logits: Float32Array; tuned: StageLogits | null }>({
    capacity: KEPT_STAGES,
    cost: () => 1,
  });

  return {
    async embed({ file, read, program: path, options, most }, { signal, progress }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const chosen = sample(dataset, most, options.seed);
      const shared = await library.modelOf(program, path);
      const fineTuned = await fineTunedFor(program, path, file, library);
      const key = shortHash(JSON.stringify([file, read, path, [...chosen], fineTuned.folder]));
      const stamp = `${await fileStamp(file)} ${await fileStamp(path)} ${fineTuned.stamp}`;
      const values = Array.from(chosen, (index) => dataset.series[index].values);
      const { moments, logits, tuned } = await kept.get(
        key,
        stamp,
        async (load) => {
          const way = await snapshotsOf(program, path, runs);
          const stages = 2 + way.length + (fineTuned.folder === null ? 0 : 1);
          let passed = 0;
          const onProgress = (done: number): void => load.progress(passed + done, stages * values.length);
          const use = <T>(work: (model: AcousticModel) => Promise<T>): Promise<T> => shared.use(load.signal, work);
          const {
            before,
            after,
            logits: heard,
          } = await use((model) => programStages(program, model, values, { signal: load.signal, onProgress }));
          passed += 2 * values.length;
          const { members } = classifierOf(program);
          const { k } = before;
          const onTheWay: Moment[] = [];
          for (const { epoch, parameters } of way) {
            const member = { ...members[0], parameters };
            const snapshot = await use((model) =>
              logitsOf(model, [member], values, { signal: load.signal, onProgress }),
            );
            onTheWay.push({ stage: 'epoch', epoch, logits: snapshot, k });
            passed += values.length;
          }
          const { bestEpoch } = program.description;
          const heardMoments: Moment[] = [
            { stage: 'before', epoch: bestEpoch === null ? null : 0, ...before },
            ...onTheWay,
            { stage: 'after', epoch: bestEpoch, ...after },
          ];
          const hooks = { signal: load.signal, onProgress };
          const ofTuned =
            fineTuned.folder === null ? null : await fineTunedLogits(fineTuned.folder, values, library, hooks);
          return { moments: heardMoments, logits: heard, tuned: ofTuned };
        },
        { signal, onProgress: (done, total) => progress({ done, total, text: 'listening' }) },
      );
      throwIfCanceled(signal);

      const { classNames } = program.description;
      const labels = labelIndices(dataset, classNames);
      const { head } = classifierOf(program);
      const predicted = Int32Array.from(chosen, (_, i) => argmax(head.scores(logits, i * head.width)));
      // Without a label a point counts to the class that is predicted for it.
      const classes = Int32Array.from(chosen, (index, i) => (labels[index] >= 0 ? labels[index] : predicted[i]));
      const stages: Stage[] = moments.map(({ stage, epoch, logits: ofMoment, k }) => ({
        name: epoch === null ? stage : `${stage} ${epoch}`,
        logits: ofMoment,
        k,
      }));
      const reference = stages[stages.length - 1].name;
      if (tuned) stages.push({ name: 'fine-tuned', ...tuned });
      const layouts = await embedStages(stages, classes, {
        method: options.projection,
        dimensions: options.dimensions,
        perplexity: options.perplexity,
        seed: options.seed,
        reference,
        signal,
        onProgress: (done) => progress({ done, total: 1, text: 'laying out' }),
      });
      const used = layouts[layouts.length - 1].details.perplexity;
      return {
        layouts: layouts.map(({ layout, logitSilhouette }, i) => ({
          stage: moments[i]?.stage ?? 'fine_tuned',
          epoch: moments[i]?.epoch ?? null,
          coordinates: Float32Array.from(layout.values),
          silhouette: logitSilhouette,
        })),
        perplexityUsed: typeof used === 'number' ? used : options.perplexity,
        classNames,
        programName: program.description.name,
        labels: Int32Array.from(chosen, (index) => labels[index]),
        indices: chosen,
        lines: Int32Array.from(chosen, (index) => dataset.series[index].row),
        predicted,
        total: dataset.series.length,
        fineTuned: fineTuned.folder,
        notes: [...dataset.notes, ...fineTuned.problems],
      };
    },
  };
}

/** Positions of at most `most` series, ascending; a seeded random sample when there are more. */
function sample({ series }: SeriesDataset, most: number, seed: number): Int32Array {
  const all = series.map((_, i) => i);
  if (all.length <= most) return Int32Array.from(all);
  return Int32Array.from(new Random(seed).shuffle(all).slice(0, most)).sort();
}

/**
 * The fine-tuned model of the program's data: in the roots of acoustic models, and where models may be loaded from anywhere also beside
 * the program and the series, or in .v2s there.
 */
async function fineTunedFor(program: Program, path: string, file: string, library: Library): Promise<FoundFineTuned> {
  const { data, classNames, model } = program.description;
  const near = library.trusted
    ? [dirname(path), dirname(file)].flatMap((folder) => [folder, join(folder, '.v2s')])
    : [];
  const of = { trainSha256: data.train.sha256, classNames, modelId: model.id };
  return await findFineTuned([...near, ...library.modelRoots], of);
}

async function fineTunedLogits(
  folder: string,
  values: readonly Float64Array[],
  library: Library,
  hooks: { signal: AbortSignal; onProgress(done: number): void },
): Promise<StageLogits> {
  const { model: stored, fineTuned } = await readFineTuned(folder);
  const model = await openAcousticModel(stored, { threads: library.threads ?? undefined });
  try {
    return await fineTunedLogitsOf(model, fineTuned, values, hooks);
  } finally {
    await model.close();
  }
}

/** The parameters that the program's run has stored on the way to the kept epoch; none of a program of several members. */
async function snapshotsOf(
  { description: { bestEpoch }, members }: Program,
  path: string,
  runs: RunIndex,
): ReturnType<typeof RunFolder.readSnapshots> {
  const folder = await runs.folderOf(path);
  if (folder === null || bestEpoch === null || members.length > 1) return [];
  const snapshots = await RunFolder.readSnapshots(folder, [...members[0].parameters.keys()]);
  return snapshots.filter(({ epoch }) => epoch > 0 && epoch < bestEpoch);
}
