import type { Command } from 'commander';
import {
  boundOfProgram,
  DEFAULT_SPLITS,
  distancesOfMembers,
  hasBound,
  HALF,
  LARGEST_RISK,
  PAPER_PROJECTIONS,
  requireSourceLogits,
  type MemberDistances,
  type ProgramBound,
} from '../../engine/theory';
import type { CliContext } from '../context';
import { addProgramFlags, withProgramAndData, type ProgramFlags } from '../program-flags';
import { addReadFlags, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { table } from '../words';
import { wholeNumber } from './models-options';

interface BoundFlags extends ReadFlags, ProgramFlags {
  splits: number;
  size: number;
  projections: number;
  seed: number;
}

/** `v2s bound FILE --program P` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('bound')
    .description("compute the risk bound of the paper's Theorem 1 for a program, and measure the risk on a file")
    .argument('<file>', `series file (${SERIES_KINDS}), with or without labels`);
  addProgramFlags(command)
    .option(
      '--splits <n>',
      'number of splits of the source clips that give the spread and the noise floor of the Wasserstein-1 distance',
      wholeNumber(1),
      DEFAULT_SPLITS,
    )
    .option(
      '--size <n>',
      'largest number of source clips and of series of a Wasserstein-1 distance; only compare bounds of equal size',
      wholeNumber(1),
      HALF,
    )
    .option(
      '--projections <n>',
      'number of directions of the sliced Wasserstein-2 distance',
      wholeNumber(1),
      PAPER_PROJECTIONS,
    )
    .option('--seed <n>', 'seed of the splits and the directions', wholeNumber(0), 1);
  addReadFlags(command).addHelpText(
    'after',
    `
The theorem is about one program with the label mapping of the paper. It does not apply to an ensemble, whose mapping is a ridge
regression over the logits of many programs, nor to several members together. For these the command gives no bound. It gives
the distances of every member from the speech, with their noise floor, and the risk that was measured.`,
  );
  command.action(async (file: string, flags: BoundFlags) => {
    const { signal } = context;
    const found = await withProgramAndData(context, flags, file, async ({ program, model, stored, dataset }) => {
      const source = await requireSourceLogits(stored.folder);
      const options = {
        seed: flags.seed,
        splits: flags.splits,
        size: flags.size,
        projections: flags.projections,
        signal,
        onProgress: (done: number, total: number) => context.progress(done, total, `${done} of ${total} series`),
      };
      return hasBound(program)
        ? await boundOfProgram(program, model, source, dataset, options)
        : await distancesOfMembers(program, model, source, dataset, options);
    });
    for (const message of found.notes) {
      context.event('note', { message });
      context.say(`Note: ${message}`);
    }
    if ('members' in found) context.result(distancesData(found), distancesSummary(found));
    else context.result(boundData(found), summary(found));
  });
}

/** A bound under the names of the contract. */
export function boundData({ sourceRisk, w1, swd, k, bound, targetRisk, series, clips }: ProgramBound): object {
  return {
    source_risk: sourceRisk,
    w1: w1.value,
    swd: swd.distance,
    k,
    bound,
    target_risk: targetRisk,
    largest_risk: LARGEST_RISK,
    w1_size: { clips: w1.clips, series: w1.series },
    w1_splits: w1.splits,
    w1_floor: w1.floor,
    swd_error: swd.error,
    series,
    clips,
  };
}

function summary({ sourceRisk, w1, swd, k, bound, targetRisk, series, clips }: ProgramBound): string {
  const spread = w1.splits.values.length > 1 ? `, +- ${w1.splits.deviation.toFixed(3)} over splits of the clips` : '';
  const floor = w1.floor
    ? `${w1.floor.mean.toFixed(3)} +- ${w1.floor.deviation.toFixed(3)}, between ${w1.clips} and ${w1.series} clips of speech`
    : 'unknown: the model has one source clip';
  return [
    `${series} reprogrammed series against ${clips} source clips, logits of ${k} source words`,
    '',
    table([
      ['source risk', sourceRisk.toFixed(4)],
      ['Wasserstein-1', `${w1.value.toFixed(3)}, between ${w1.clips} clips and ${w1.series} series${spread}`],
      ['its noise floor', floor],
      [
        'sliced Wasserstein-2',
        `${swd.distance.toFixed(3)} +- ${swd.error.toFixed(3)} over ${swd.projections} directions`,
      ],
      ['bound', `${bound.toFixed(3)} = source risk + 2 sqrt(${k}) Wasserstein-1`],
      ['trivial bound', `${LARGEST_RISK.toFixed(3)}: no risk is larger`],
      ['measured target risk', targetRisk === null ? 'unknown: the file has no labels' : targetRisk.toFixed(4)],
    ]),
    '',
    bound > LARGEST_RISK
      ? 'The bound is above the trivial one: it says nothing about how large the risk will be. At most it tells which of two acoustic'
      : 'The bound is below the trivial one. Besides, it tells which of two acoustic',
    'models of equally many source words is nearer to a data set. Compare bounds only with the same numbers of clips and series.',
  ].join('\n');
}

/** The distances of a program without a bound, under the same names as those of a bound. */
function distancesData({ members, floor, w1Size, k, targetRisk, series, clips }: MemberDistances): object {
  return {
    bound: null,
    members: members.map(({ rendering, w1, swd }) => ({ rendering, w1, swd: swd.distance, swd_error: swd.error })),
    k,
    target_risk: targetRisk,
    largest_risk: LARGEST_RISK,
    w1_size: w1Size,
    w1_floor: floor,
    series,
    clips,
  };
}

/** Members of one kind of rendering share a line: an ensemble has dozens. */
function distancesSummary({ members, floor, w1Size, k, targetRisk, series, clips }: MemberDistances): string {
  const range = (values: number[]): string =>
    values.length === 1
      ? values[0].toFixed(3)
      : `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
  const kinds = [...new Set(members.map(({ rendering }) => rendering))];
  const rows = kinds.map((kind) => {
    const own = members.filter(({ rendering }) => rendering === kind);
    return [kind, String(own.length), range(own.map(({ w1 }) => w1)), range(own.map(({ swd }) => swd.distance))];
  });
  return [
    'The bound of Theorem 1 does not apply to this program: the theorem is about one member with the label mapping of the paper.',
    `What holds is this, of ${series} series against ${clips} source clips, in logits of ${k} source words:`,
    '',
    table([['rendering', 'members', 'Wasserstein-1', 'sliced Wasserstein-2'], ...rows]),
    '',
    table([
      [
        'noise floor of Wasserstein-1',
        floor
          ? `${floor.mean.toFixed(3)} +- ${floor.deviation.toFixed(3)}, between ${w1Size.clips} and ${w1Size.series} clips of speech`
          : 'unknown: the model has one source clip',
      ],
      [
        'measured target risk',
        targetRisk === null
          ? 'unknown: the file has no labels'
          : `${targetRisk.toFixed(4)}, of at most ${LARGEST_RISK.toFixed(3)}`,
      ],
    ]),
    '',
    'The distances say how much the series sound like speech to the model. They do not say how accurate the program is: its held-out',
    'accuracy does.',
  ].join('\n');
}
