import type { Command } from 'commander';
import { readSeriesFile } from '../../engine/series';
import {
  boundOfProgram,
  DEFAULT_DRAW_SIZE,
  DEFAULT_DRAWS,
  PAPER_PROJECTIONS,
  requireSourceLogits,
  type ProgramBound,
} from '../../engine/theory';
import type { CliContext } from '../context';
import { addProgramFlags, tellFit, withProgram, type ProgramFlags } from '../program-flags';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { table } from '../words';
import { wholeNumber } from './models-options';

interface BoundFlags extends ReadFlags, ProgramFlags {
  draws: number;
  drawSize: number;
  projections: number;
  seed: number;
}

/** `v2s bound FILE --program P` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('bound')
    .description("compute the risk bound of the paper's Theorem 1 for a program, and measure the risk on a file")
    .argument('<file>', 'series file (.csv .tsv .txt .ts .arff), with or without labels');
  addProgramFlags(command)
    .option(
      '--draws <n>',
      'number of sub-samples over which the Wasserstein-1 distance is averaged',
      wholeNumber(1),
      DEFAULT_DRAWS,
    )
    .option(
      '--draw-size <n>',
      'largest number of series and of clips per sub-sample',
      wholeNumber(1),
      DEFAULT_DRAW_SIZE,
    )
    .option(
      '--projections <n>',
      'number of directions of the sliced Wasserstein-2 distance',
      wholeNumber(1),
      PAPER_PROJECTIONS,
    )
    .option('--seed <n>', 'seed of the sub-samples and the directions', wholeNumber(0), 1);
  addReadFlags(command).action(async (file: string, flags: BoundFlags) => {
    const { signal } = context;
    const dataset = await readSeriesFile(file, { ...readOptionsOf(flags), signal });
    const found = await withProgram(flags, async ({ program, model, stored }) => {
      tellFit(context, program, dataset);
      return await boundOfProgram(program, model, await requireSourceLogits(stored.folder), dataset, {
        seed: flags.seed,
        draws: flags.draws,
        drawSize: flags.drawSize,
        projections: flags.projections,
        signal,
        onProgress: (done, total) => context.progress(done, total, `${done} of ${total} series`),
      });
    });
    for (const message of found.notes) {
      context.event('note', { message });
      context.say(`Note: ${message}`);
    }
    context.result(boundData(found), summary(found));
  });
}

/** A bound under the names of the contract. */
export function boundData({ sourceRisk, w1, swd, k, bound, targetRisk, series, clips }: ProgramBound): object {
  return {
    source_risk: sourceRisk,
    w1: w1.mean,
    swd,
    k,
    bound,
    target_risk: targetRisk,
    w1_draws: { deviation: w1.deviation, min: w1.min, max: w1.max, values: w1.values, size: w1.size },
    series,
    clips,
  };
}

function summary({ sourceRisk, w1, swd, k, bound, targetRisk, series, clips }: ProgramBound): string {
  const spread =
    w1.values.length > 1
      ? ` +- ${w1.deviation.toFixed(3)} over ${w1.values.length} draws of ${w1.size}`
      : ` over all ${w1.size}`;
  return [
    `${series} reprogrammed series against ${clips} source clips, logits of ${k} source words`,
    '',
    table([
      ['source risk', sourceRisk.toFixed(4)],
      ['Wasserstein-1', `${w1.mean.toFixed(3)}${spread}`],
      ['sliced Wasserstein-2', swd.toFixed(3)],
      ['bound', `${bound.toFixed(3)} = source risk + 2 sqrt(${k}) Wasserstein-1`],
      ['measured target risk', targetRisk === null ? 'unknown: the file has no labels' : targetRisk.toFixed(4)],
    ]),
    '',
    'A risk is at most 1.414, so the bound says which of two acoustic models suits a data set better, not how large the',
    'risk will be. Only compare bounds with the same sub-sample size.',
  ].join('\n');
}
