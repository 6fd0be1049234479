import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { V2SError } from '../../engine/errors';
import { writeFileAtomic } from '../../engine/files/atomic';
import {
  CAM_VARIANTS,
  CHECK_SEED,
  checkMaps,
  explain,
  SALIENCY_METHODS,
  withRandomizedModel,
  type CamVariant,
  type Explanation,
  type MapChecks,
  type SaliencyMethod,
} from '../../engine/saliency';
import { readSeriesFile } from '../../engine/series';
import type { CliContext } from '../context';
import { explanationJson, type ExplanationJson } from '../explanation-json';
import { addProgramFlags, tellFit, withProgram, type ProgramFlags } from '../program-flags';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { percent, table } from '../words';
import { wholeNumber } from './models-options';

interface ExplainFlags extends ReadFlags, ProgramFlags {
  series: number;
  class?: string;
  contrast?: string;
  cam: CamVariant;
  method: SaliencyMethod;
  faithfulness?: boolean;
  out?: string;
}

/** Values of the series that the human summary names as the most salient. */
const SHOWN = 5;

/** `v2s explain FILE --program P --series I [--class LABEL] [--contrast LABEL] [--cam ..] [--method ..] [--out DIR]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('explain')
    .description('show what of one series the acoustic model goes by: attention, class activation maps, attributions')
    .argument('<file>', 'series file');
  addProgramFlags(command)
    .requiredOption('--series <i>', 'which series of the file, from 0', wholeNumber(0))
    .option('--class <label>', 'class to explain; default: the predicted one')
    .option('--contrast <label>', 'explain what speaks for the class rather than for this one')
    .addOption(
      new Option('--cam <variant>', 'how the class activation maps of the layers are made')
        .choices(CAM_VARIANTS)
        .default('grad-cam'),
    )
    .addOption(
      new Option('--method <name>', 'on the waveform, besides attention and class activation maps')
        .choices(SALIENCY_METHODS)
        .default('grad-cam'),
    )
    .option(
      '--faithfulness',
      'check the maps: deletion and insertion against random order, and rank correlation with the maps of randomized weights',
    )
    .option('--out <folder>', 'write explanation.json, and on-series.csv, mel.csv and cam-LAYER.csv for other tools');
  addReadFlags(command).action(async (file: string, flags: ExplainFlags) => {
    const { signal } = context;
    const dataset = await readSeriesFile(file, { ...readOptionsOf(flags), signal });
    const series = dataset.series[flags.series];
    if (!series)
      throw new V2SError(
        'explain.series',
        `${file} has ${dataset.series.length} series, numbered 0 to ${dataset.series.length - 1}; there is no series ${flags.series}.`,
      );
    const { explanation, checks } = await withProgram(flags, async ({ program, model, stored }) => {
      tellFit(context, program, dataset);
      const { contrast, cam } = flags;
      const options = { targetClass: flags.class, contrast, cam, method: flags.method, signal };
      const explanation = await explain(model, program, series.values, options);
      if (!flags.faithfulness) return { explanation, checks: null };
      const { target, method } = explanation;
      const of = { targetClass: target.label, contrast, cam, methods: [method], seed: CHECK_SEED, signal };
      const checks = await withRandomizedModel(stored, { threads: flags.threads }, (randomized) =>
        checkMaps(model, randomized, program, series.values, of),
      );
      return { explanation, checks };
    });
    const checked = {
      ...explanationJson(explanation),
      ...(checks && { faithfulness: checks.faithfulness, sanity: checks.sanity }),
    };
    const written = flags.out ? await writeExplanation(flags.out, checked) : [];
    context.result({ ...checked, written }, summary(explanation, checks, series.label, written));
  });
}

async function writeExplanation(folder: string, explanation: ExplanationJson): Promise<string[]> {
  const { series, on_series, mel, cam } = explanation;
  const columns = Object.keys(on_series);
  const onSeries = [
    ['value', ...columns].join(','),
    ...series.map((value, i) => [value, ...columns.map((name) => on_series[name][i] ?? '')].join(',')),
  ];
  const grid = (rows: number[][]): string => `${rows.map((row) => row.join(',')).join('\n')}\n`;
  const files: Record<string, string> = {
    'explanation.json': `${JSON.stringify(explanation)}\n`,
    'on-series.csv': `${onSeries.join('\n')}\n`,
    'mel.csv': grid(mel),
  };
  for (const [layer, map] of Object.entries(cam)) files[`cam-${layer}.csv`] = grid(map);
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), text);
    paths.push(join(folder, name));
  }
  return paths;
}

function summary(explanation: Explanation, checks: MapChecks | null, truth: string | null, written: string[]): string {
  const { prediction, target, contrast, onSeries, series, camVariant, scaledActivations, completeness, classes } =
    explanation;
  const lines = [
    `Predicted ${prediction.label} (${percent(prediction.probabilities[prediction.index])})` +
      (truth === null ? '' : `, labeled ${truth}`) +
      `; explained: ${target.label}` +
      (contrast ? ` rather than ${contrast.label}` : ''),
    '',
    table([['class', 'probability'], ...classes.map((name, i) => [name, percent(prediction.probabilities[i])])]),
    '',
    `Where the saliency is strongest on the ${series.length} values of the series (from 0):`,
    table([
      ['map', 'values', 'resolution'],
      ...Object.entries(onSeries).map(([name, { values, resolution }]) => [
        name,
        Array.from(values, (value, i) => ({ i, size: Math.abs(Number.isNaN(value) ? 0 : value) }))
          .sort((a, b) => b.size - a.size)
          .slice(0, SHOWN)
          .map(({ i }) => i)
          .join(', '),
        resolution < 10 ? resolution.toFixed(1) : resolution.toFixed(0),
      ]),
    ]),
    'Resolution: so many neighboring values a map cannot tell apart.',
  ];
  const coarse = Object.keys(onSeries).filter((name) => onSeries[name].resolution > series.length);
  if (coarse.length > 0) lines.push(`Too coarse for this series to say anything about places: ${coarse.join(', ')}.`);
  if (camVariant === 'grad-cam')
    for (const layer of scaledActivations) lines.push(`${layer} has one channel: its Grad-CAM is a scaled activation.`);
  if (completeness) lines.push(completenessLine(completeness));
  if (checks) lines.push('', ...checkLines(checks));
  if (written.length > 0) lines.push('', `Written: ${written.join(', ')}`);
  return lines.join('\n');
}

function completenessLine({
  difference,
  sum,
  gap,
  points,
  complete,
}: NonNullable<Explanation['completeness']>): string {
  const line =
    `Integrated gradients sum to ${sum.toPrecision(4)}; the score differs by ${difference.toPrecision(4)} from that of the ` +
    `baseline: a gap of ${Number.isFinite(gap) ? percent(gap) : 'no defined size'} with ${points} points.`;
  return complete ? line : `${line} That is not below 5 %, and no more points are tried: read this map with care.`;
}

function checkLines({ faithfulness, sanity, random }: MapChecks): string[] {
  const area = (value: number): string => value.toFixed(3);
  const rows = Object.entries(faithfulness).map(([name, { saliency, constant, deletionBeatsRandom }]) => [
    name,
    area(saliency.deletionArea),
    area(saliency.insertionArea),
    constant ? 'constant map' : deletionBeatsRandom ? 'yes' : 'no',
    sanity.correlation[name]?.toFixed(2) ?? 'undefined',
  ]);
  return [
    'Are the maps faithful (low deletion and high insertion area), and do they depend on what the model has learned',
    '(rank correlation with the map of randomized weights near 0)?',
    table([
      ['map', 'deletion', 'insertion', 'beats random', 'correlation'],
      ...rows,
      ['random order', area(random.deletionArea), area(random.insertionArea), '', ''],
    ]),
  ];
}
