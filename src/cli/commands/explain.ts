import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { V2SError } from '../../engine/errors';
import { writeFileAtomic } from '../../engine/files/atomic';
import { assertOutputFolder } from '../../engine/files/outputs';
import { classifierOf } from '../../engine/reprogram';
import {
  CAM_VARIANTS,
  CHECK_SEED,
  checkMaps,
  DEFAULT_CAM,
  defaultMethod,
  explain,
  SALIENCY_METHODS,
  withRandomizedModel,
  type CamVariant,
  type Explanation,
  type MapChecks,
  type SaliencyMethod,
} from '../../engine/saliency';
import { csvCell } from '../../engine/reprogram/predictions-csv';
import type { CliContext } from '../context';
import { explanationJson, type ExplanationJson } from '../explanation-json';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addProgramFlags, withProgramAndData, type ProgramFlags } from '../program-flags';
import { addReadFlags, type ReadFlags } from '../read-flags';
import { percent, table } from '../words';
import { wholeNumber } from './models-options';

interface ExplainFlags extends ReadFlags, ProgramFlags, OutputFlags {
  series: number;
  class?: string;
  /** false: no contrast */
  contrast?: string | false;
  cam: CamVariant;
  method?: SaliencyMethod;
  faithfulness?: boolean;
  out?: string;
}

const EXPLANATION_FILE = 'explanation.json';
/** The files of an explanation. */
const WRITTEN = /^(explanation\.json|on-series\.csv|mel\.csv|cam-.*\.csv)$/i;

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
    .option('--contrast <label>', 'explain what speaks for the class rather than for this one; default: the runner-up')
    .option('--no-contrast', 'explain the score of the class alone')
    .addOption(
      new Option('--cam <variant>', 'how the class activation maps of the layers are made')
        .choices(CAM_VARIANTS)
        .default(DEFAULT_CAM),
    )
    .addOption(
      new Option(
        '--method <name>',
        'on the waveform, besides attention and class activation maps; default: perturbation, for one program of replicas gradient-x-input',
      ).choices(SALIENCY_METHODS),
    )
    .option(
      '--faithfulness',
      'check the maps: deletion and insertion against random order, and rank correlation with the maps of randomized weights',
    )
    .option('--out <folder>', 'write explanation.json, and on-series.csv, mel.csv and cam-LAYER.csv for other tools');
  addReadFlags(addForceFlag(command)).action(async (file: string, flags: ExplainFlags) => {
    const { signal } = context;
    const plan = { inputs: [file, flags.program, flags.model], replace: flags.force };
    if (flags.out) await assertOutputFolder(flags.out, WRITTEN, (present) => present.includes(EXPLANATION_FILE), plan);
    const explained = await withProgramAndData(context, flags, file, async ({ program, model, stored, dataset }) => {
      const series = dataset.series[flags.series];
      if (!series)
        throw new V2SError(
          'explain.series',
          `${file} has ${dataset.series.length} series, numbered 0 to ${dataset.series.length - 1}; there is no series ${flags.series}.`,
        );
      const { cam } = flags;
      const classifier = classifierOf(program);
      const contrast = flags.contrast === false ? null : flags.contrast;
      const method = flags.method ?? defaultMethod(classifier);
      const onProgress = (done: number, total: number): void => context.progress(done, total, method);
      const options = { targetClass: flags.class, contrast, cam, method, signal, onProgress };
      const explanation = await explain(model, classifier, series.values, options);
      if (!flags.faithfulness) return { explanation, checks: null, dataset, label: series.label };
      const { target } = explanation;
      const of = { targetClass: target.label, contrast, cam, methods: [method], seed: CHECK_SEED, signal };
      const { threads, kernels, backend } = flags;
      const checks = await withRandomizedModel(stored, { threads, kernels, backend }, (randomized) =>
        checkMaps(model, randomized, classifier, series.values, of),
      );
      return { explanation, checks, dataset, label: series.label };
    });
    const { explanation, checks, dataset, label } = explained;
    for (const message of dataset.notes) {
      context.event('note', { message });
      context.say(`Note: ${message}`);
    }
    const checked = {
      ...explanationJson(explanation),
      ...(checks && { faithfulness: checks.faithfulness, sanity: checks.sanity }),
    };
    const written = flags.out ? await writeExplanation(flags.out, checked) : [];
    context.result({ ...checked, written }, summary(explanation, checks, label, written));
  });
}

async function writeExplanation(folder: string, explanation: ExplanationJson): Promise<string[]> {
  const { series, on_series, mel, cam } = explanation;
  const columns = Object.keys(on_series);
  const onSeries = [
    ['value', ...columns].map(csvCell).join(','),
    ...series.map((value, i) => [value, ...columns.map((name) => on_series[name][i] ?? '')].join(',')),
  ];
  const grid = (rows: number[][]): string => `${rows.map((row) => row.join(',')).join('\n')}\n`;
  const files: Record<string, string> = {
    [EXPLANATION_FILE]: `${JSON.stringify(explanation)}\n`,
    'on-series.csv': `${onSeries.join('\n')}\n`,
    'mel.csv': grid(mel),
  };
  for (const [layer, map] of Object.entries(cam)) files[`cam-${fileNamePart(layer)}.csv`] = grid(map);
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), text);
    paths.push(join(folder, name));
  }
  return paths;
}

/** The name of a layer comes with its model: no part of it leads to another folder. */
function fileNamePart(layer: string): string {
  return layer.replace(/[^\p{L}\p{N}_.-]+/gu, '_');
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
  const { count, shown, leftOut } = explanation.members;
  if (count > 1) {
    lines.push(
      `The maps add up over ${count} members; attention, spectrogram and clip are those of member ${shown}, which has the ` +
        'greatest part in the decision.',
    );
    for (const [name, positions] of Object.entries(leftOut))
      lines.push(
        positions.length === count
          ? `${name}: all members are too coarse for this series, so there is no such map.`
          : `${name}: left out ${positions.length} members that are too coarse for this series.`,
      );
  }
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
