import { setTimeout } from 'node:timers/promises';
import { V2SError } from '../engine/errors';
import { classifierOf, CLIP_SAMPLES, type Program } from '../engine/reprogram';
import { explain, type Explanation, type ExplanationAxes, type SeriesMap } from '../engine/saliency';
import type { Series, SeriesDataset } from '../engine/series';
import type { Explanation as ExplanationMessage } from '../protocol/panels/saliency';
import type { Handlers } from '../protocol/rpc';
import type { Grid, SaliencyMethod } from '../protocol/values';
import { saliencyMethodSchema } from '../protocol/values';
import type { Explained, InlineRow, SeriesAt, WorkerContract } from '../protocol/worker';
import { LruCache } from './cache';
import { fileStamp, type Library } from './library';

type ExplainRequests = Pick<Handlers<WorkerContract>, 'saliency' | 'inlineRows'>;

/** Rows of the text editor whose saliency is kept. */
const KEPT_ROWS = 2000;
/** Explanations that are kept, of some 200 kB each. */
const KEPT_EXPLANATIONS = 48;
/** How long the neighbors wait, ms: the picture that was asked for is drawn first, and needs the processor, too. */
const DRAWING = 150;
/** Methods that are quick enough to explain the neighbors of a series in advance. */
const QUICK_METHODS: readonly SaliencyMethod[] = ['grad-cam', 'gradient-x-input'];
/** Most rows of one inline request. */
const MOST_ROWS = 200;

export function explainRequests(library: Library): ExplainRequests {
  const explanations = new LruCache<Explained>({ capacity: KEPT_EXPLANATIONS, cost: () => 1 });
  let advance = new AbortController();
  let last = 0;
  const saliencyOfRows = new LruCache<Float32Array>({ capacity: KEPT_ROWS, cost: () => 1 });

  return {
    async saliency({ file, read, program: path, at, target, method }, { signal }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const index = locate(dataset, at);
      if (index === null) return null;
      const shared = await library.modelOf(program, path);
      const stamp = `${await fileStamp(file)} ${await fileStamp(path)}`;
      const explained = (at: number, by: AbortSignal): Promise<Explained> =>
        explanations.get(
          JSON.stringify([file, read, path, at, target, method]),
          stamp,
          async (load) => {
            const options = { targetClass: target ?? undefined, method, signal: load.signal };
            const { values } = dataset.series[at];
            const result = await shared.use(load.signal, (model) =>
              explain(model, classifierOf(program), values, options),
            );
            return explainedMessage(result, program, dataset, at);
          },
          { signal: by },
        );
      const wanted = explained(index, signal);
      // After the request, which may wait for what was begun in advance.
      advance.abort();
      advance = new AbortController();
      const result = await wanted;
      if (QUICK_METHODS.includes(method)) {
        // A person who goes through a file row by row goes on in the same direction.
        const step = index < last ? -1 : 1;
        last = index;
        void explainInAdvance([index + step, index - step], dataset, explained, advance.signal);
      }
      return result;
    },

    async inlineRows({ file, read, program: path, firstLine, lastLine, source, saliency }, { signal }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const indices = onLines(dataset.series, firstLine, lastLine).slice(0, MOST_ROWS);
      const shared = await library.modelOf(program, path);
      const rows = await shared.use(signal, async (model): Promise<Omit<InlineRow, 'saliency'>[]> => {
        const values = indices.map((index) => dataset.series[index].values);
        const { classNames } = program.description;
        const classifier = classifierOf(program);
        const { head } = classifier;
        const logits = await classifier.logits(model, values, { signal });
        return indices.map((index, i) => {
          const probabilities = head.probabilities(logits, i * head.width, new Float64Array(classNames.length));
          const best = probabilities.indexOf(Math.max(...probabilities));
          const { row, label } = dataset.series[index];
          return { line: row, index, truth: label, predicted: classNames[best], probability: probabilities[best] };
        });
      });
      const stamp = `${await fileStamp(file)} ${await fileStamp(path)}`;
      const method = methodOf(source);
      const result: InlineRow[] = [];
      for (const row of rows) {
        const key = JSON.stringify([file, read, path, source, row.index]);
        const ofRow = saliency
          ? await saliencyOfRows.get(
              key,
              stamp,
              async (load) => {
                const { values } = dataset.series[row.index];
                const explained = await shared.use(load.signal, (model) =>
                  explain(model, classifierOf(program), values, { method, signal: load.signal }),
                );
                return relative((explained.onSeries[source] ?? lastLayer(explained)).values);
              },
              { signal },
            )
          : new Float32Array(0);
        result.push({ ...row, saliency: ofRow });
      }
      return { format: dataset.format, rows: result };
    },
  };
}

/** Explains neighbors, so that they are there when the cursor comes to them; whoever asks for one is told what is wrong with it. */
async function explainInAdvance(
  indices: readonly number[],
  { series }: SeriesDataset,
  explained: (index: number, signal: AbortSignal) => Promise<Explained>,
  signal: AbortSignal,
): Promise<void> {
  await setTimeout(DRAWING);
  for (const index of indices)
    if (!signal.aborted && index >= 0 && index < series.length) await explained(index, signal).catch(() => undefined);
}

function explainedMessage(result: Explanation, program: Program, dataset: SeriesDataset, index: number): Explained {
  const { row, label } = dataset.series[index];
  const { description } = program;
  return {
    index,
    count: dataset.series.length,
    line: row,
    truth: label,
    classNames: result.classes,
    predicted: result.prediction.label,
    probabilities: Float32Array.from(result.prediction.probabilities),
    target: result.target.label,
    layers: Object.keys(result.cam),
    programName: description.name,
    model: description.model.id,
    explanation: message(result),
    notes: dataset.notes,
  };
}

/** The series at a position in the file, from 0. @throws V2SError `series.index` */
export function seriesAtIndex({ series, file }: SeriesDataset, index: number): Series {
  if (index < series.length) return series[index];
  throw new V2SError('series.index', `${file} has ${series.length} series; there is no number ${index + 1}.`);
}

/** Position of a series in the file; null where no series begins on the line. @throws V2SError `series.index` */
function locate(dataset: SeriesDataset, at: SeriesAt): number | null {
  if ('index' in at) {
    seriesAtIndex(dataset, at.index);
    return at.index;
  }
  const { series } = dataset;
  const index = firstFrom(series, at.line);
  return series[index]?.row === at.line ? index : null;
}

/** Positions of the series that begin on these lines, both included. */
function onLines(series: readonly Series[], first: number, last: number): number[] {
  const indices: number[] = [];
  for (let i = firstFrom(series, first); i < series.length && series[i].row <= last; i++) indices.push(i);
  return indices;
}

/** Position of the first series that begins on this line or after it; rows ascend. */
function firstFrom(series: readonly Series[], line: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series[middle].row < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The method whose result contains a source of importance: its own, or that of attention and layers. */
function methodOf(source: string): SaliencyMethod {
  return saliencyMethodSchema.safeParse(source).data ?? 'grad-cam';
}

/** Importance by the last convolution layer, else whatever the model has. */
function lastLayer({ onSeries, cam }: Explanation): SeriesMap {
  const last = Object.keys(cam).at(-1);
  return onSeries[last ?? ''] ?? Object.values(onSeries)[0];
}

/** Magnitudes relative to the largest of the series, 0..1; NaN where the model never heard the value. */
function relative(curve: Float64Array): Float32Array {
  let largest = 0;
  for (const value of curve) if (!Number.isNaN(value)) largest = Math.max(largest, Math.abs(value));
  return Float32Array.from(curve, (value) => (largest > 0 ? Math.abs(value) / largest : value * 0));
}

/** The explanation in the arrays that travel. */
function message(result: Explanation): ExplanationMessage {
  const { series, reprogrammed, attention, mel, cam, onSeries, axes, scaledActivations } = result;
  return {
    series,
    reprogrammed,
    attention,
    mel: grid(mel),
    cam: Object.entries(cam).map(([layer, map]) => ({
      layer,
      grid: grid(map),
      scaledActivation: scaledActivations.includes(layer),
    })),
    onSeries: Object.entries(onSeries).map(([source, { values, resolution }]) => ({
      source,
      values: Float32Array.from(values),
      resolution,
    })),
    axes: axesMessage(axes, mel.shape[0]),
  };
}

function axesMessage(axes: ExplanationAxes, frames: number): ExplanationMessage['axes'] {
  const { sampleRate, hopSeconds, windowSeconds, firstFrameSeconds, melHertz, replicas } = axes;
  return {
    sampleRate,
    clipSamples: CLIP_SAMPLES,
    frameTimes: Float32Array.from({ length: frames }, (_, t) => firstFrameSeconds + t * hopSeconds + windowSeconds / 2),
    windowSeconds,
    binFrequencies: Float32Array.from(melHertz),
    copies: replicas.starts,
    copyLength: replicas.length,
    copyValues: replicas.heard,
  };
}

function grid({ shape: [frames, bins], data }: Explanation['mel']): Grid {
  return { frames, bins, values: data };
}
