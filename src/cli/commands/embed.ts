import { type Command, InvalidArgumentError, Option } from 'commander';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { fineTunedLogitsOf, readFineTuned } from '../../engine/baselines';
import {
  layoutsOfProgram,
  type Dimensions,
  type EmbeddingMethod,
  type Points,
  type ProgramLayouts,
  type StageLayout,
} from '../../engine/embedding';
import { V2SError } from '../../engine/errors';
import { writeFileAtomic } from '../../engine/files/atomic';
import { assertOutput, type OutputKind } from '../../engine/files/outputs';
import type { Program } from '../../engine/reprogram';
import { csvCell } from '../../engine/reprogram/predictions-csv';
import type { SeriesDataset } from '../../engine/series';
import type { CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addProgramFlags, withProgramAndData, type ProgramFlags } from '../program-flags';
import { addReadFlags, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { shortPath, table } from '../words';
import { numberBetween, wholeNumber } from './models-options';

interface EmbedFlags extends ReadFlags, ProgramFlags, OutputFlags {
  dimensions: Dimensions;
  perplexity: number;
  method: EmbeddingMethod;
  seed: number;
  finetuned?: string;
  csv?: string;
}

const LAYOUTS_CSV: OutputKind = { name: 'a CSV file of layouts', begins: /^index,label,stage,x,y/ };

/** `v2s embed FILE --program P [--dimensions 2|3] [--perplexity p]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('embed')
    .description("lay out a file's logits before and after reprogramming, aligned with each other")
    .argument('<file>', `series file (${SERIES_KINDS}), with or without labels`);
  addProgramFlags(command)
    .addOption(new Option('--dimensions <2|3>', 'number of axes of the layouts').argParser(parseDimensions).default(2))
    .option(
      '--perplexity <p>',
      'perplexity of t-SNE (effective number of neighbors), at most a third of the series',
      numberBetween(1, 1e6),
      30,
    )
    .addOption(
      new Option('--method <name>', 'method of the layouts').choices(['t-sne', 'umap', 'pca']).default('t-sne'),
    )
    .option('--seed <n>', 'seed of the layouts', wholeNumber(0), 1)
    .option(
      '--finetuned <folder>',
      'also lay out the logits of a model that was fine-tuned on the same data (`v2s finetune`)',
    )
    .option('--csv <file>', 'also write the layouts as CSV, one row per series and stage');
  addReadFlags(addForceFlag(command)).action(async (file: string, flags: EmbedFlags) => {
    const { signal } = context;
    const { method, dimensions, perplexity, seed, csv, force } = flags;
    const inputs = [file, flags.program, flags.model, flags.finetuned];
    if (csv) await assertOutput(csv, LAYOUTS_CSV, { inputs, replace: force });
    const embedded = await withProgramAndData(context, flags, file, async ({ program, model, dataset }) => {
      const fineTuned = await fineTunedLogits(flags, program, dataset, signal);
      const layouts = await layoutsOfProgram(program, model, dataset, fineTuned, {
        method,
        dimensions,
        perplexity,
        seed,
        signal,
        onProgress: (done, what) => context.progress(done, 1, what),
      });
      return { layouts, dataset, classNames: program.description.classNames };
    });
    const { layouts, dataset, classNames } = embedded;
    for (const message of layouts.notes) {
      context.event('note', { message });
      context.say(`Note: ${message}`);
    }
    if (flags.csv) await writeFileAtomic(flags.csv, layoutsCsv(layouts, dataset));
    const { before, after, fineTuned } = layouts;
    context.result(
      {
        before: rows(before.layout),
        after: rows(after.layout),
        fine_tuned: fineTuned && rows(fineTuned.layout),
        labels: dataset.series.map(({ label }) => label),
        classes: classNames,
        silhouette: byStage(layouts, (stage) => stage.silhouette),
        logit_silhouette: byStage(layouts, (stage) => stage.logitSilhouette),
        details: byStage(layouts, (stage) => stage.details),
        method,
        dimensions,
        seed,
        csv: flags.csv ?? null,
      },
      summary(layouts, flags),
    );
  });
}

/** Logits of the transfer baseline; null when none was named. @throws V2SError `finetuned.classes`, `finetuned.*`, `model.*` */
async function fineTunedLogits(
  { finetuned: folder, threads }: EmbedFlags,
  program: Program,
  dataset: SeriesDataset,
  signal: AbortSignal,
): Promise<{ logits: Float32Array; k: number } | null> {
  if (folder === undefined) return null;
  const { model: stored, fineTuned } = await readFineTuned(folder);
  const [theirs, ours] = [fineTuned.description, program.description].map(({ classNames }) => classNames.join(', '));
  if (theirs !== ours)
    throw new V2SError(
      'finetuned.classes',
      `${folder} was fine-tuned for the classes ${theirs}, but the program knows ${ours}. Choose a fine-tuned model of the same data.`,
    );
  const model = await openAcousticModel(stored, { threads });
  try {
    return await fineTunedLogitsOf(
      model,
      fineTuned,
      dataset.series.map(({ values }) => values),
      { signal },
    );
  } finally {
    await model.close();
  }
}

function parseDimensions(text: string): Dimensions {
  if (text !== '2' && text !== '3') throw new InvalidArgumentError('Expected 2 or 3.');
  return text === '2' ? 2 : 3;
}

function rows({ values, n, d }: Points): number[][] {
  return Array.from({ length: n }, (_, i) => [...values.subarray(i * d, (i + 1) * d)]);
}

function byStage<T>({ before, after, fineTuned }: ProgramLayouts, of: (stage: StageLayout) => T): object {
  return { before: of(before), after: of(after), fine_tuned: fineTuned && of(fineTuned) };
}

function layoutsCsv({ before, after, fineTuned }: ProgramLayouts, dataset: SeriesDataset): string {
  const lines: (string | number)[][] = [['index', 'label', 'stage', ...['x', 'y', 'z'].slice(0, before.layout.d)]];
  for (const stage of [before, after, fineTuned])
    if (stage)
      rows(stage.layout).forEach((point, index) =>
        lines.push([index, dataset.series[index].label ?? '', stage.name, ...point]),
      );
  return lines.map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
}

function summary(layouts: ProgramLayouts, { method, dimensions, csv }: EmbedFlags): string {
  const { before, after, fineTuned, labels } = layouts;
  const figure = (value: number | null): string => value?.toFixed(3) ?? 'undefined';
  const detail = (stage: StageLayout): string =>
    Object.entries(stage.details)
      .map(
        ([name, value]) =>
          `${name} ${[value]
            .flat()
            .map((number) => Number(number.toFixed(3)))
            .join(' ')}`,
      )
      .join(', ');
  return [
    `${method} of ${labels.length} series in ${dimensions} dimensions; silhouettes of the classes (1 is separate, 0 is mixed)`,
    '',
    table([
      ['stage', 'layout', 'logits', method],
      ...[before, after, fineTuned].flatMap((stage) =>
        stage ? [[stage.name, figure(stage.silhouette), figure(stage.logitSilhouette), detail(stage)]] : [],
      ),
    ]),
    '',
    csv ? `Written: ${shortPath(csv)}` : 'To get the layouts themselves, add --csv FILE or --json.',
  ].join('\n');
}
