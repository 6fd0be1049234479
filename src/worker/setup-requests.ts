import { readModelCard } from '../engine/acoustic/store';
import { V2SError } from '../engine/errors';
import { classIndices, parseReprogramOptions } from '../engine/reprogram';
import { measureStep, pastRuns, workOf } from '../engine/runs';
import { sketchClip } from '../engine/saliency/clip-sketch';
import {
  checkLabels,
  datasetName,
  previewSeriesFile,
  readLike,
  siblingTestFile,
  siblingTrainFile,
  understoodOf,
  type SeriesDataset,
  type SeriesPreview,
} from '../engine/series';
import type { ColumnRole, SetupTable } from '../protocol/panels/setup';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';
import { summarize } from './series-summary';
import { thumbnail } from './thumbnails';

type SetupRequests = Pick<Handlers<WorkerContract>, 'previewTable' | 'surveySeries' | 'sketchClip' | 'forecastRun'>;

/** Columns that are shown: so many at the front, and the last ones of the preview. */
const FIRST_COLUMNS = 9;
const SHOWN_ROWS = 5;
/** Kinds whose columns have roles that a person can change. */
const TABLE_KINDS: readonly string[] = ['csv', 'tsv', 'txt'];
/** What is drawn of the classes: so many classes, series of each, and values of a picture. */
const DRAWN = { classes: 12, series: 20, width: 240 };

/** What the page before a run shows. */
export function setupRequests(library: Library): SetupRequests {
  return {
    async previewTable({ file, read }) {
      const siblings = { testFile: await siblingTestFile(file), trainFile: await siblingTrainFile(file) };
      const about = { name: datasetName(file), ...siblings };
      try {
        const preview = await previewSeriesFile(file, read);
        return { table: tableOf(preview), problem: preview.problem, ...about };
      } catch (error) {
        if (!(error instanceof V2SError)) throw error;
        const { code, message } = error;
        return { table: null, problem: { code, message }, ...about };
      }
    },

    async surveySeries({ file, read, test }, { signal, progress }) {
      const onProgress = (done: number, total: number): void => progress({ done, total });
      const dataset = await library.dataset(file, read, { signal, onProgress });
      const { count, shortest, longest, classes, notes } = summarize(dataset);
      const survey = { count, shortest, longest, classes, notes, series: someOfEachClass(dataset) };
      if (test === null) return { ...survey, testCount: null, testProblem: null };
      try {
        const tested = await readLike(test, understoodOf(dataset), { encoding: read?.encoding, signal });
        checkLabels(dataset, tested);
        return { ...survey, testCount: tested.series.length, testProblem: null };
      } catch (error) {
        if (!(error instanceof V2SError) || signal.aborted) throw error;
        return { ...survey, testCount: null, testProblem: error.message };
      }
    },

    async sketchClip({ file, read, model, options, index, member, width }, { signal }) {
      const { series } = await library.dataset(file, read, { signal });
      const shown = series[Math.min(index, series.length - 1)];
      if (!shown) throw new V2SError('series.index', `${file} has no series.`);
      const { frontEnd } = await readModelCard(model);
      const { clip, frames, ...sketch } = sketchClip({
        train: series.map(({ values }) => values),
        values: shown.values,
        options: parseReprogramOptions(options),
        frontEnd,
        member,
      });
      const { low, high } = envelope(clip, Math.floor(width / 2));
      const thumb = thumbnail(shown, series.indexOf(shown), width);
      return { ...sketch, ...frames, low, high, series: thumb, sampleRate: frontEnd.sampleRate };
    },

    async forecastRun({ file, read, model: folder, options: asked, roots }, { signal }) {
      const options = parseReprogramOptions(asked);
      const dataset = await library.dataset(file, read, { signal });
      const { weightsSha256 } = await readModelCard(folder);
      const work = workOf(options, classIndices(dataset, dataset.classNames, 'the classes of TRAIN'));
      const { same, msPerStep } = await pastRuns(roots, { sha256: dataset.sha256, weights: weightsSha256, options });
      if (msPerStep !== null) return { seconds: (work * msPerStep) / 1000, source: 'runs', past: same };
      const shared = await library.model(folder);
      const measured = await shared.use(signal, (model) => measureStep(model, options));
      return { seconds: (work * measured) / 1000, source: 'measured', past: same };
    },
  };
}

function tableOf({ format, rows, missing }: SeriesPreview): SetupTable | null {
  if (!format) return null;
  const columnCount = rows.reduce((most, { count }) => Math.max(most, count), 0);
  const last = rows[0]?.last.length ?? 0;
  const all = Array.from({ length: columnCount }, (_, i) => i + 1);
  const shown = columnCount <= FIRST_COLUMNS + last ? all : [...all.slice(0, FIRST_COLUMNS), ...all.slice(-last)];
  const isTable = TABLE_KINDS.includes(format.kind);
  const endsWithLabel = format.labels === 'last' && format.labelColumn === null;
  const roleOf = (number: number): ColumnRole => {
    if (number === format.labelColumn || (endsWithLabel && number === columnCount)) return 'label';
    const left = format.ignoredColumns.includes(number) || (format.valueColumns?.includes(number) ?? true) === false;
    return left ? 'ignored' : 'value';
  };
  const { delimiter, decimal, header, channel, channels, channelNames, labelColumn, columnNames } = format;
  return {
    ...{ kind: format.kind, isTable, delimiter, decimal, header, channel, channels, labelColumn, columnCount },
    channelNames,
    ignored: format.ignoredColumns,
    columns: shown.map((number) => ({ number, name: columnNames?.[number - 1] ?? null, role: roleOf(number) })),
    rows: rows.slice(0, SHOWN_ROWS).map(({ row, cells, last: end, count }) => ({
      row,
      cells: shown.map((number) => cells[number - 1] ?? end[end.length - 1 - (count - number)] ?? null),
    })),
    missing,
  };
}

/** Series at equal distances in the file, of each of the first classes. */
function someOfEachClass({ series, classNames }: SeriesDataset) {
  const names = classNames.length > 0 ? classNames.slice(0, DRAWN.classes) : [null];
  return names.flatMap((name) => {
    const own = series.flatMap(({ label }, i) => (label === name ? [i] : []));
    const count = Math.min(DRAWN.series, own.length);
    const chosen = Array.from({ length: count }, (_, i) => own[Math.floor((i * own.length) / count)]);
    return chosen.map((index) => thumbnail(series[index], index, DRAWN.width));
  });
}

/** Least and greatest sample of equal parts. */
function envelope(samples: Float32Array, parts: number): { low: Float32Array; high: Float32Array } {
  const low = new Float32Array(parts).fill(Infinity);
  const high = new Float32Array(parts).fill(-Infinity);
  for (let i = 0; i < samples.length; i++) {
    const part = Math.floor((i * parts) / samples.length);
    if (samples[i] < low[part]) low[part] = samples[i];
    if (samples[i] > high[part]) high[part] = samples[i];
  }
  return { low, high };
}
