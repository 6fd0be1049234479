import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import type { Scores } from '../../engine/acoustic/training/classification-loss';
import { evaluateModel, sampleSourceLogits, SOURCE_LOGITS_CLIPS } from '../../engine/acoustic/training/evaluate';
import { modelReadme } from '../../engine/acoustic/training/model-readme';
import {
  findModelFolder,
  listModels,
  readModelFolder,
  writeModelFolder,
  type ModelFolder,
  type SourceLogits,
} from '../../engine/acoustic/store';
import { V2SError } from '../../engine/errors';
import { listSpeechFolder, loadClips, requireSameLabels } from '../../engine/audio/speech-folder';
import { writeFileAtomic } from '../../engine/files/atomic';
import { assertOutput, type OutputKind } from '../../engine/files/outputs';
import { networkName } from '../../engine/acoustic/card';
import { modelRoots, type CliContext } from '../context';
import { registerImportKeras, registerImportTfjs } from './models-import';
import { registerTrain } from './models-train';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { shortPath } from '../words';
import { threadsOption } from './models-options';

/** Of the sample of clips whose logits are kept. */
const SAMPLE_SEED = 1;

const LOGITS_JSON: OutputKind = { name: 'a JSON file of logits', begins: /^\{"labels":\[/ };

/** `v2s models ..`: list, train and evaluate acoustic models. */
export function register(cli: Command, context: CliContext): void {
  const models = cli.command('models').description('list, train, evaluate and import acoustic models');
  registerList(models, context);
  registerImportKeras(models, context);
  registerImportTfjs(models, context);
  registerTrain(models, context);
  registerEvaluate(models, context);
}

function registerList(models: Command, context: CliContext): void {
  models
    .command('list')
    .description('list the acoustic models that can be named by their id')
    .action(async () => {
      const { models: found, problems } = await listModels(modelRoots());
      for (const { code, message } of problems) {
        context.event('warning', { code, message });
        context.say(`Skipped: ${message}`);
      }
      const rows = found.map(({ folder, card }) => ({
        id: card.id,
        title: card.title,
        architecture: card.architecture,
        network: networkName(card),
        source_labels: card.sourceLabels.length,
        parameters: card.parameters,
        source: card.source.name,
        source_license: card.source.license,
        license: card.license,
        test_accuracy: card.test?.accuracy ?? null,
        sha256: card.weightsSha256,
        folder,
      }));
      const header = ['id', 'architecture', 'K', 'parameters', 'source data', 'license of the data', 'test accuracy'];
      const table = rows.map((row) => [
        row.id,
        row.network,
        String(row.source_labels),
        row.parameters.toLocaleString('en'),
        row.source,
        row.source_license,
        row.test_accuracy === null ? 'unknown' : `${(100 * row.test_accuracy).toFixed(2)} %`,
      ]);
      const empty = `There are no acoustic models in ${modelRoots().join(', ')}.`;
      context.result({ models: rows }, rows.length === 0 ? empty : alignColumns([header, ...table]));
    });
}

function alignColumns(rows: string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

interface EvaluateFlags extends OutputFlags {
  logits?: string;
  keep?: boolean;
  threads: number;
}

function registerEvaluate(models: Command, context: CliContext): void {
  const command = models
    .command('evaluate')
    .description(
      'measure accuracy, cross-entropy and RMSE risk of an acoustic model on folders of WAV files, one per word',
    )
    .argument('<model>', 'id or folder of an acoustic model')
    .argument('<wavdir>', 'folder of class folders of 16 kHz mono 16-bit WAV files')
    .option('--logits <out.json>', 'write labels, files and logits of every clip')
    .option(
      '--keep',
      'keep the result and a sample of the logits in the folder of a model that has none, such as an imported one, so that `v2s bound` and `v2s compare` can use it',
    )
    .addOption(threadsOption());
  addForceFlag(command).action(async (name: string, wavdir: string, options: EvaluateFlags) => {
    const { logits: out, force } = options;
    if (out !== undefined) await assertOutput(out, LOGITS_JSON, { inputs: [name, wavdir], replace: force });
    const stored = await readModelFolder(await findModelFolder(name, modelRoots()));
    const { card } = stored;
    if (options.keep && card.test)
      throw new V2SError(
        'model.evaluated',
        `The card of ${card.id} already has a test result, which --keep would replace. Evaluate without --keep.`,
      );
    const files = await listSpeechFolder(resolve(wavdir));
    requireSameLabels(files, card.sourceLabels, `the model ${card.id}`);
    const listed = await loadClips(files, card.frontEnd.samples, context.signal);
    // The model's own order of the words decides what its logits mean.
    const order = files.labels.map((label) => card.sourceLabels.indexOf(label));
    const clips = { ...listed, labels: card.sourceLabels, classes: listed.classes.map((label) => order[label]) };
    const model = await openAcousticModel(stored, { threads: options.threads });
    try {
      const started = performance.now();
      const { logits, scores } = await evaluateModel(model, clips, context.signal, (done, total) =>
        context.progress(done, total, 'clips'),
      );
      const seconds = (performance.now() - started) / 1000;
      const k = card.sourceLabels.length;
      if (options.logits !== undefined) {
        const rows = clips.paths.map((_, i) => Array.from(logits.subarray(i * k, (i + 1) * k)));
        const json = { labels: card.sourceLabels, files: clips.paths, logits: rows };
        await writeFileAtomic(resolve(options.logits), `${JSON.stringify(json)}\n`);
      }
      const sample = options.keep
        ? sampleSourceLogits(logits, clips.classes, k, SOURCE_LOGITS_CLIPS, SAMPLE_SEED)
        : null;
      if (sample) await keepEvaluation(stored, scores, sample);
      context.result(
        {
          model: card.id,
          ...scores,
          engine: model.engine,
          seconds,
          logits: options.logits ?? null,
          kept: options.keep ?? false,
        },
        `${card.id} on ${scores.clips} clips: accuracy ${(100 * scores.accuracy).toFixed(2)} %, ` +
          `cross-entropy ${scores.loss.toFixed(4)}, RMSE risk ${scores.rmse.toFixed(4)} ` +
          `(${seconds.toFixed(1)} s, ${Math.round(scores.clips / seconds)} clips/s)` +
          (sample ? `\nKept in ${shortPath(stored.folder)}, with the logits of ${sample.labels.length} clips.` : ''),
      );
    } finally {
      await model.close();
    }
  });
}

/** The model's folder with what was found: the theory needs its risk and the logits of source clips. */
async function keepEvaluation(
  { folder, card, weights, topology }: ModelFolder,
  test: Scores,
  sourceLogits: SourceLogits,
): Promise<void> {
  const tested = { ...card, test };
  await writeModelFolder(folder, { card: tested, weights, topology, sourceLogits, readme: modelReadme(tested) });
}
