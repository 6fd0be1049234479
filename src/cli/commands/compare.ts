import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { findModelFolder, listModels } from '../../engine/acoustic/store';
import { parseReprogramOptions, reprogramOptionsSchema } from '../../engine/reprogram';
import { readSeriesFile } from '../../engine/series';
import {
  compareModels,
  LARGEST_RISK,
  type ComparedModel,
  type Comparison,
  type FailedModel,
} from '../../engine/theory';
import { modelRoots, type CliContext } from '../context';
import { addReadFlags, readOptionsOf, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { percent, table } from '../words';
import { boundData } from './bound';
import { threadsOption, wholeNumber } from './models-options';

interface CompareFlags extends ReadFlags {
  models?: string[];
  epochs: number;
  replicas: number;
  seed: number;
  threads: number;
}

/** Epochs of the short run: enough for the logits to leave their start, a tenth of a full training. */
const SHORT_EPOCHS = 10;

const DEFAULTS = reprogramOptionsSchema.parse({});

/** `v2s compare TRAIN --models a,b,..` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('compare')
    .description('rank acoustic models for a data set by the risk bound after a short run, before any full training')
    .argument('<train>', `TRAIN file with labels (${SERIES_KINDS})`)
    .option('--models <a,b,..>', 'ids or folders, separated by commas; default: all models found', parseModels)
    .option('--epochs <n>', 'passes over TRAIN in the short run of each model', wholeNumber(1), SHORT_EPOCHS)
    .option(
      '--replicas <n>',
      'number of replicas of the series on the clip',
      wholeNumber(1),
      DEFAULTS.replicas as number,
    )
    .option('--seed <n>', 'seed of the short runs', wholeNumber(0), DEFAULTS.seed)
    .addOption(threadsOption());
  addReadFlags(command).action(async (file: string, flags: CompareFlags) => {
    const { signal } = context;
    const options = parseReprogramOptions({ epochs: flags.epochs, replicas: flags.replicas, seed: flags.seed });
    const folders = await foldersOf(flags.models);
    const train = await readSeriesFile(file, { ...readOptionsOf(flags), signal });
    const told = new Set<string>();
    const comparison = await compareModels(
      train,
      folders,
      { reprogram: options, threads: flags.threads },
      {
        signal,
        onNote(message) {
          // Every model's run makes the same remarks about the same data.
          if (told.has(message)) return;
          told.add(message);
          context.event('note', { message });
          context.say(`Note: ${message}`);
        },
        onProgress: (model, done, total) =>
          context.progress(
            model + done / total,
            folders.length,
            `model ${model + 1} of ${folders.length}, epoch ${Math.min(total, Math.floor(done) + 1)} of ${total}`,
          ),
        onModel(outcome) {
          context.event('model', 'failure' in outcome ? failedData(outcome) : comparedData(outcome));
          if ('failure' in outcome) context.say(`Left out: ${outcome.failure.message}`);
        },
      },
    );
    context.result(
      {
        ranking: comparison.ranking.map((model, place) => ({ rank: place + 1, ...comparedData(model) })),
        failed: comparison.failed.map(failedData),
        epochs: options.epochs,
      },
      summary(train.name, options.epochs, comparison),
    );
  });
}

function parseModels(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Expected names separated by commas.');
  return names;
}

async function foldersOf(named: string[] | undefined): Promise<string[]> {
  const roots = modelRoots();
  if (!named) return (await listModels(roots)).models.map(({ folder }) => resolve(folder));
  const folders: string[] = [];
  for (const name of named) folders.push(resolve(await findModelFolder(name, roots)));
  return folders;
}

function comparedData({ folder, card, bound, train, validation, epochs, seconds }: ComparedModel): object {
  return { model: card.id, folder, ...boundData(bound), train, validation, epochs, seconds };
}

function failedData({ folder, failure }: FailedModel): object {
  return { folder, code: failure.code, message: failure.message };
}

function summary(name: string, epochs: number, { ranking, failed }: Comparison): string {
  const rows = ranking.map(({ card, bound, train, validation }, place) => [
    String(place + 1),
    card.id,
    bound.bound.toFixed(2),
    bound.sourceRisk.toFixed(3),
    `${bound.w1.value.toFixed(3)} +- ${bound.w1.splits.deviation.toFixed(3)}`,
    bound.w1.floor?.mean.toFixed(3) ?? '',
    bound.swd.distance.toFixed(3),
    bound.targetRisk?.toFixed(3) ?? '',
    percent(train.accuracy),
    validation ? percent(validation.accuracy) : '',
  ]);
  const heads = [
    '',
    'model',
    'bound',
    'source risk',
    'Wasserstein-1',
    'its floor',
    'SWD',
    'target risk',
    'train',
    'validation',
  ];
  return [
    `${name}: acoustic models by the bound after a short run (epochs: ${epochs}), the most promising first`,
    '',
    table([heads, ...rows]),
    '',
    `No risk is above ${LARGEST_RISK.toFixed(3)}, so read the order of the bounds and not their height.`,
    ...(failed.length > 0 ? ['', `Left out: ${failed.map(({ folder }) => folder).join(', ')}`] : []),
  ].join('\n');
}
