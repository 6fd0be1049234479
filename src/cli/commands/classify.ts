import type { Command } from 'commander';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { findModelFolder, readModelFolder } from '../../engine/acoustic/store';
import { writeFileAtomic } from '../../engine/files/atomic';
import {
  assertModelOf,
  classify,
  findProgramModel,
  predictionsCsv,
  readProgram,
  type ClassifyResult,
} from '../../engine/reprogram';
import { readSeriesFile } from '../../engine/series';
import { modelRoots, type CliContext } from '../context';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { percent, table } from '../words';
import { threadsOption } from './models-options';

interface ClassifyFlags extends ReadFlags {
  program: string;
  csv?: string;
  model?: string;
  threads: number;
}

/** Rows of predictions that are printed in human mode. */
const ROWS_SHOWN = 20;

/** `v2s classify FILE --program P [--csv OUT]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('classify')
    .description('classify every series of a file with a trained program')
    .argument('<file>', 'series file (.csv .tsv .txt .ts .arff), with or without labels')
    .requiredOption('--program <file>', 'program made by `v2s reprogram`')
    .option('--csv <file>', 'also write the predictions, with the probability of every class, as CSV')
    .option('--model <id|folder>', 'acoustic model, where the program does not find its own')
    .addOption(threadsOption());
  addReadFlags(command).action(async (file: string, flags: ClassifyFlags) => {
    const { signal } = context;
    const program = await readProgram(flags.program);
    const dataset = await readSeriesFile(file, { ...readOptionsOf(flags), signal });
    const folder = flags.model
      ? await findModelFolder(flags.model, modelRoots())
      : await findProgramModel(program, flags.program, modelRoots(), process.cwd());
    const stored = await readModelFolder(folder);
    assertModelOf(program, stored.card);
    const model = await openAcousticModel(stored, { threads: flags.threads });
    let classified: ClassifyResult;
    try {
      classified = await classify(program, model, dataset, {
        signal,
        onProgress: (done, total) => context.progress(done, total, `${done} of ${total} series`),
      });
    } finally {
      await model.close();
    }
    for (const note of classified.notes) {
      context.event('note', { message: note });
      context.say(`Note: ${note}`);
    }
    if (flags.csv) await writeFileAtomic(flags.csv, predictionsCsv(classified));
    const { predictions, accuracy, confusion, classNames } = classified;
    context.result(
      {
        predictions: predictions.map(({ index, label, probability, truth }) => ({ index, label, probability, truth })),
        accuracy,
        classes: classNames,
        confusion,
        csv: flags.csv ?? null,
      },
      summary(classified, flags.csv),
    );
  });
}

function summary({ predictions, accuracy, confusion, classNames }: ClassifyResult, csv: string | undefined): string {
  const lines: string[] = [];
  const rows = predictions
    .slice(0, ROWS_SHOWN)
    .map(({ index, label, probability, truth }) => [String(index), label, percent(probability), truth ?? '']);
  lines.push(table([['series', 'class', 'probability', accuracy === null ? '' : 'label in the file'], ...rows]));
  if (predictions.length > ROWS_SHOWN)
    lines.push(`.. and ${predictions.length - ROWS_SHOWN} more${csv ? '' : ' (--csv FILE writes them all)'}`);
  if (confusion && accuracy !== null) {
    lines.push('', `Accuracy ${percent(accuracy)}`, '');
    lines.push(
      table([['true \\ predicted', ...classNames], ...confusion.map((row, i) => [classNames[i], ...row.map(String)])]),
    );
  }
  if (csv) lines.push('', `Written: ${csv}`);
  return lines.join('\n');
}
