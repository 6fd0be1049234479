import type { Command } from 'commander';
import { writeFileAtomic } from '../../engine/files/atomic';
import { assertOutput } from '../../engine/files/outputs';
import {
  classify,
  PREDICTIONS_CSV,
  predictionsCsv,
  SOURCE_LOGITS,
  sourceLogitsFile,
  type ClassifyResult,
} from '../../engine/reprogram';
import type { CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addProgramFlags, withProgramAndData, type ProgramFlags } from '../program-flags';
import { addReadFlags, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { percent, table } from '../words';

interface ClassifyFlags extends ReadFlags, ProgramFlags, OutputFlags {
  csv?: string;
  logits?: string;
}

/** Rows of predictions that are printed in human mode. */
const ROWS_SHOWN = 20;

/** `v2s classify FILE --program P [--csv OUT]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('classify')
    .description('classify every series of a file with a trained program')
    .argument('<file>', `series file (${SERIES_KINDS}), with or without labels`);
  addProgramFlags(command)
    .option('--csv <file>', 'also write the predictions, with the probability of every class, as CSV')
    .option(
      '--logits <file>',
      'also write what the acoustic model says of every series, before the mapping, as safetensors: logits [series, members, source words]',
    );
  addReadFlags(addForceFlag(command)).action(async (file: string, flags: ClassifyFlags) => {
    const { signal } = context;
    const { csv, logits, force, program, model } = flags;
    if (csv) await assertOutput(csv, PREDICTIONS_CSV, { inputs: [file, program, model], replace: force });
    if (logits) await assertOutput(logits, SOURCE_LOGITS, { inputs: [file, program, model, csv], replace: force });
    const classified = await withProgramAndData(context, flags, file, ({ program, model, dataset }) =>
      classify(program, model, dataset, {
        signal,
        onProgress: (done, total) => context.progress(done, total, `${done} of ${total} series`),
      }),
    );
    for (const note of classified.notes) {
      context.event('note', { message: note });
      context.say(`Note: ${note}`);
    }
    if (flags.csv) await writeFileAtomic(flags.csv, predictionsCsv(classified));
    if (flags.logits) await writeFileAtomic(flags.logits, sourceLogitsFile(classified));
    const { predictions, calibrated, accuracy, confusion, classNames } = classified;
    context.result(
      {
        predictions: predictions.map(({ index, label, probability, truth }) => ({ index, label, probability, truth })),
        calibrated,
        accuracy,
        classes: classNames,
        confusion,
        csv: flags.csv ?? null,
        logits: flags.logits ?? null,
      },
      summary(classified, flags.csv),
    );
  });
}

function summary(
  { predictions, calibrated, accuracy, confusion, classNames }: ClassifyResult,
  csv: string | undefined,
): string {
  const lines: string[] = [];
  const rows = predictions
    .slice(0, ROWS_SHOWN)
    .map(({ index, label, probability, truth }) => [String(index), label, percent(probability), truth ?? '']);
  lines.push(table([['series', 'class', 'probability', accuracy === null ? '' : 'label in the file'], ...rows]));
  if (predictions.length > ROWS_SHOWN)
    lines.push(
      csv
        ? `.. and ${predictions.length - ROWS_SHOWN} more`
        : `.. and ${predictions.length - ROWS_SHOWN} more (--csv FILE writes all of them)`,
    );
  if (calibrated) lines.push('', 'The probabilities are calibrated by leave-one-out on TRAIN.');
  if (confusion && accuracy !== null) {
    lines.push('', `Accuracy ${percent(accuracy)}`, '');
    lines.push(
      table([['true \\ predicted', ...classNames], ...confusion.map((row, i) => [classNames[i], ...row.map(String)])]),
    );
  }
  if (csv) lines.push('', `Written: ${csv}`);
  return lines.join('\n');
}
