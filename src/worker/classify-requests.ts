import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { writeFileAtomic } from '../engine/files/atomic';
import { assertOutput } from '../engine/files/outputs';
import {
  classify,
  PREDICTIONS_CSV,
  predictionsCsv,
  pythonSnippet,
  SOURCE_LOGITS,
  sourceLogitsFile,
  type ClassifyResult,
} from '../engine/reprogram';
import { csvCell } from '../engine/reprogram/predictions-csv';
import type { CallContext, Handlers } from '../protocol/rpc';
import type { Progress } from '../protocol/values';
import type { SeriesFile, WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type ClassifyRequests = Pick<Handlers<WorkerContract>, 'classify' | 'exportPredictions' | 'pythonSnippet' | 'tableCsv'>;

export function classifyRequests(library: Library): ClassifyRequests {
  async function run(
    { file, read, program: path }: SeriesFile & { program: string },
    { signal, progress }: CallContext<Progress>,
  ) {
    const program = await library.program(path);
    const dataset = await library.datasetFor(program, file, read, {
      signal,
      onProgress: (done, total) => progress({ done, total, text: 'reading' }),
    });
    const shared = await library.modelOf(program, path);
    const onProgress = (done: number, total: number): void => progress({ done, total, text: 'classifying' });
    const result = await shared.use(signal, (model) => classify(program, model, dataset, { signal, onProgress }));
    return { program, dataset, result };
  }

  return {
    async classify(params, call) {
      const { program, dataset, result } = await run(params, call);
      const { description } = program;
      return {
        ...packed(result),
        lines: Int32Array.from(dataset.series, ({ row }) => row),
        programName: description.name,
        model: description.model.id,
      };
    },

    async exportPredictions(params, call) {
      const { file, program, out, replace } = params;
      await assertOutput(out, PREDICTIONS_CSV, { inputs: [file, program], replace });
      const { result } = await run(params, call);
      await writeFileAtomic(params.out, predictionsCsv(result));
      return {};
    },

    async pythonSnippet(params, call) {
      const { file, program, folder } = params;
      const name = basename(file, extname(file));
      const predictions = join(folder, `${name}-predictions.csv`);
      const logits = join(folder, `${name}-logits.safetensors`);
      await assertOutput(predictions, PREDICTIONS_CSV, { inputs: [file, program] });
      await assertOutput(logits, SOURCE_LOGITS, { inputs: [file, program] });
      const { result } = await run(params, call);
      await mkdir(folder, { recursive: true });
      await writeFileAtomic(predictions, predictionsCsv(result));
      await writeFileAtomic(logits, sourceLogitsFile(result));
      return { snippet: pythonSnippet({ program, logits, predictions }) };
    },

    tableCsv({ header, rows }) {
      const cell = (value: string | number | null): string => csvCell(value ?? '');
      return { csv: [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('') };
    },
  };
}

function packed({ classNames, predictions, accuracy, confusion, notes }: ClassifyResult) {
  const index = new Map(classNames.map((name, i) => [name, i]));
  const probabilities = new Float32Array(predictions.length * classNames.length);
  predictions.forEach((prediction, i) => probabilities.set(prediction.probabilities, i * classNames.length));
  return {
    classNames,
    predicted: Int32Array.from(predictions, ({ label }) => index.get(label)!),
    probabilities,
    truth: Int32Array.from(predictions, ({ truth }) => (truth === null ? -1 : (index.get(truth) ?? -1))),
    accuracy,
    confusion,
    notes,
  };
}
