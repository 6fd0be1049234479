import { setTimeout } from 'node:timers/promises';
import { V2SError } from '../engine/errors';
import { classifierOf, CLIP_SAMPLES, type Classifier, type Program } from '../engine/reprogram';
import {
  defaultMethod,
  explain,
  meanCurve,
  type ExplainOptions,
  type Explanation,
  type ExplanationAxes,
  type SeriesMap,
} from '../engine/saliency';
import type { Series, SeriesDataset } from '../engine/series';
import type { Explanation as ExplanationMessage } from '../protocol/panels/saliency';
import type { Handlers } from '../protocol/rpc';
import type { Grid, SaliencyMethod } from '../protocol/values';
import { saliencyMethodSchema } from '../protocol/values';
import type { Explained, InlineRow, SeriesAt, WorkerContract } from '../protocol/worker';
import { LruCache } from './cache';
import { fileStamp, type Library, type SharedModel } from './library';

type ExplainRequests = Pick<
  Handlers<WorkerContract>,
  'saliency' | 'classMean' | 'classifyValues' | 'nextError' | 'inlineRows'
>;

/** Rows of the text editor whose saliency is kept. */
const KEPT_ROWS = 2000;
/** Explanations that are kept, of some 200 kB each. */
const KEPT_EXPLANATIONS = 48;
/** How long the neighbors wait, ms: the picture that was asked for is drawn first, and needs the processor, too. */
const DRAWING = 150;
/** Methods that are quick enough to explain the neighbors of a series in advance. */
const QUICK_METHODS: readonly SaliencyMethod[] = ['grad-cam', 'gradient-x-input'];
/** Series that are classified at once where the next error is looked for. */
const LOOKED_AT_ONCE = 8;
/** Members by which rows of the text editor are tinted: those with the greatest parts in the decision. */
const TINTING_MEMBERS = 4;
/** Most rows of one inline request. */
const MOST_ROWS = 200;

export function explainRequests(library: Library): ExplainRequests {
  const explanations = new LruCache<Explained>({ capacity: KEPT_EXPLANATIONS, cost: () => 1 });
  let advance = new AbortController();
  let last = 0;
  const saliencyOfRows = new LruCache<Float32Array>({ capacity: KEPT_ROWS, cost: () => 1 });

  return {
    async saliency({ file, read, program: path, at, target, contrast, method, member }, { signal, progress }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const index = locate(dataset, at);
      if (index === null) return null;
      const shared = await library.modelOf(program, path);
      const stamp = `${await fileStamp(file)} ${await fileStamp(path)}`;
      const classifier = classifierOf(program);
      const suited = saliencyMethodSchema.parse(defaultMethod(classifier));
      const explainedAt = (
        at: number,
        by: AbortSignal,
        onPartial?: (explained: Explained) => void,
      ): Promise<Explained> =>
        explanations.get(
          JSON.stringify([file, read, path, at, target, contrast, method, member]),
          stamp,
          async (load) => {
            const told = (result: Explanation): Explained =>
              explainedMessage(result, { program, method: method ?? suited, suited }, dataset, at);
            const options = {
              targetClass: target ?? undefined,
              contrast: contrast ?? undefined,
              method: method ?? suited,
              member: member ?? undefined,
              signal: load.signal,
              ...(onPartial && { onPartial: (partial: Explanation) => onPartial(told(partial)) }),
            };
            const { values } = dataset.series[at];
            return told(await explained(shared, classifier, values, options));
          },
          { signal: by },
        );
      const wanted = explainedAt(index, signal, progress);
      // After the request, which may wait for what was begun in advance.
      advance.abort();
      advance = new AbortController();
      const result = await wanted;
      if (classifier.members.length === 1 && QUICK_METHODS.includes(method ?? suited)) {
        // A person who goes through a file row by row goes on in the same direction.
        const step = index < last ? -1 : 1;
        last = index;
        void explainInAdvance([index + step, index - step], dataset, explainedAt, advance.signal);
      }
      return result;
    },

    async classMean({ file, read, program, label, length }, { signal }) {
      const { series } = await library.datasetFor(await library.program(program), file, read, { signal });
      const alike = series.filter((one) => one.label === label && one.values.length === length);
      return { values: alike.length > 0 ? meanCurve(alike.map(({ values }) => values)) : null };
    },

    async classifyValues({ program: path, values }, { signal }) {
      const program = await library.program(path);
      const shared = await library.modelOf(program, path);
      const { head, logits } = classifierOf(program);
      // Somebody waits for the answer while a map may still be refined in advance.
      advance.abort();
      const heard = await shared.use(signal, (model) => logits(model, [values], { signal }));
      return { probabilities: Float32Array.from(head.probabilities(heard, 0, new Float64Array(head.classes))) };
    },

    async nextError({ file, read, program: path, index, by }, { signal, progress }) {
      const program = await library.program(path);
      const { series } = await library.datasetFor(program, file, read, { signal });
      const shared = await library.modelOf(program, path);
      const { head, logits, classNames } = classifierOf(program);
      const left = Array.from(
        { length: by > 0 ? series.length - 1 - index : index },
        (_, i) => index + by * (i + 1),
      ).filter((i) => series[i].label !== null);
      for (let from = 0; from < left.length; from += LOOKED_AT_ONCE) {
        progress({ done: from, total: left.length });
        const some = left.slice(from, from + LOOKED_AT_ONCE);
        const values = some.map((i) => series[i].values);
        const heard = await shared.use(signal, (model) => logits(model, values, { signal }));
        for (const [i, found] of some.entries()) {
          const probabilities = head.probabilities(heard, i * head.width, new Float64Array(head.classes));
          const best = probabilities.indexOf(Math.max(...probabilities));
          if (classNames[best] !== series[found].label) return { index: found };
        }
      }
      return { index: null };
    },

    async inlineRows({ file, read, program: path, firstLine, lastLine, source: asked, saliency }, { signal }) {
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
      const source = asked ?? defaultMethod(classifierOf(program));
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
                const found = await explained(shared, classifierOf(program), values, {
                  method,
                  best: TINTING_MEMBERS,
                  signal: load.signal,
                });
                return relative((found.onSeries[source] ?? lastLayer(found)).values);
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

/** Explains a series, and lets others have the model between its batches where the method does not go back through it. */
async function explained(
  shared: SharedModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  options: ExplainOptions & { method: SaliencyMethod },
): Promise<Explanation> {
  if (options.method === 'integrated-gradients')
    return await shared.use(options.signal, (model) => explain(model, classifier, values, options));
  return await explain(shared.inTurns(options.signal), classifier, values, options);
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

function explainedMessage(
  result: Explanation,
  { program, method, suited }: { program: Program; method: SaliencyMethod; suited: SaliencyMethod },
  dataset: SeriesDataset,
  index: number,
): Explained {
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
    contrast: result.contrast?.label ?? null,
    method,
    defaultMethod: suited,
    members: {
      count: result.members.count,
      heard: result.members.heard.length,
      shown: result.members.shown,
      shares: result.members.shares,
      leftOut: Object.entries(result.members.leftOut).map(([source, left]) => ({ source, count: left.length })),
    },
    axis: numberedAxis(dataset.format, result.series.length),
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

/** The names of the value columns where they are numbers that ascend or descend, as times and wavelengths do; else null. */
function numberedAxis(format: SeriesDataset['format'], length: number): Explained['axis'] {
  const names = valueNames(format);
  if (names.length < length || length < 2) return null;
  const positions = Float64Array.from(names.slice(0, length), (name) => (name.trim() === '' ? NaN : Number(name)));
  const sign = Math.sign(positions[1] - positions[0]);
  const ordered = positions.every(
    (at, i) => Number.isFinite(at) && (i === 0 || Math.sign(at - positions[i - 1]) === sign),
  );
  return ordered && sign !== 0 ? { positions } : null;
}

function valueNames({ columnNames, valueColumns, labels, labelColumn, ignoredColumns }: SeriesDataset['format']) {
  if (!columnNames) return [];
  if (valueColumns) return valueColumns.map((column) => columnNames[column - 1] ?? '');
  const label = labels === 'none' ? null : (labelColumn ?? (labels === 'last' ? columnNames.length : 1));
  return columnNames.filter((_, i) => i + 1 !== label && !ignoredColumns.includes(i + 1));
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
