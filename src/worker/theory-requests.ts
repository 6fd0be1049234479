import type { AcousticModel } from '../engine/acoustic/model';
import type { SourceLogits } from '../engine/acoustic/store';
import { classHeadOf, parseReprogramOptions, reprogram, sourceLogitsOf, type Program } from '../engine/reprogram';
import type { SeriesDataset } from '../engine/series';
import { estimateBound, requireSourceLogits, rootSquaredRisk, sourceRisk } from '../engine/theory';
import type { Bound } from '../protocol/panels/compare';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library, Watch } from './library';
import { labelIndices } from './series-requests';

type TheoryRequests = Pick<Handlers<WorkerContract>, 'bound' | 'compareModel'>;

/** Seed of projections and sub-samples: the same for every model, so that values are comparable. */
const SEED = 1;

export function theoryRequests(library: Library): TheoryRequests {
  return {
    async bound({ file, read, program: path }, { signal, progress }) {
      const program = await library.program(path);
      const dataset = await library.dataset(file, read, { signal });
      const shared = await library.modelOf(program, path);
      const source = await requireSourceLogits(shared.folder);
      const onProgress = (done: number, total: number): void => progress({ done, total });
      return await shared.use(signal, (model) => boundOf(program, model, dataset, source, { signal, onProgress }));
    },

    async compareModel({ file, read, model: folder, options }, { signal, progress }) {
      const chosen = parseReprogramOptions(options);
      const train = await library.dataset(file, read, { signal });
      const source = await requireSourceLogits(folder);
      const shared = await library.model(folder);
      return await shared.use(signal, async (model) => {
        const { program, validation } = await reprogram(chosen, model, train, null, {
          signal,
          onEpoch: ({ done, total }) => progress({ done, total }),
        });
        const bound = await boundOf(program, model, train, source, { signal });
        return { bound, validation: validation && { loss: validation.loss, accuracy: validation.accuracy } };
      });
    },
  };
}

async function boundOf(
  program: Program,
  model: AcousticModel,
  dataset: SeriesDataset,
  source: SourceLogits,
  { signal, onProgress }: Watch,
): Promise<Bound> {
  const { placement, classNames } = program.description;
  const { k } = source;
  const values = dataset.series.map((series) => series.values);
  const logits = await sourceLogitsOf(model, values, placement, program.theta, { signal, onProgress });
  const { w1, swd, bound, ...rest } = estimateBound(
    { logits: source.logits, n: source.labels.length },
    { logits, n: values.length },
    k,
    { sourceRisk: sourceRisk(source.logits, source.labels, source.labels.length, k), seed: SEED },
  );
  const labels = labelIndices(dataset, classNames);
  const labeled = [...labels.keys()].filter((i) => labels[i] >= 0);
  const head = classHeadOf(program);
  const probabilities = new Float32Array(labeled.length * classNames.length);
  const row = new Float64Array(classNames.length);
  labeled.forEach((i, at) => probabilities.set(head.probabilities(logits, i * k, row), at * classNames.length));
  const targetRisk =
    labeled.length > 0
      ? rootSquaredRisk(
          probabilities,
          labeled.map((i) => labels[i]),
          labeled.length,
          classNames.length,
        )
      : null;
  return { sourceRisk: rest.sourceRisk, w1: { mean: w1.mean, deviation: w1.deviation }, swd, k, bound, targetRisk };
}
