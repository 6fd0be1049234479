import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { networkName, type ModelCard } from '../../engine/acoustic/card';
import { FRONT_ENDS, type FrontEnd } from '../../engine/audio/front-end';
import { readFrontEndFile } from '../../engine/acoustic/import/front-end-file';
import { importKerasAttentionRnn } from '../../engine/acoustic/import/keras-attention-rnn';
import { readLabels } from '../../engine/acoustic/import/labels-file';
import {
  importKerasLayers,
  importTfjsLayers,
  type LayersImportOptions,
} from '../../engine/acoustic/import/layers-import';
import type { Tensors } from '../../engine/acoustic/model';
import { assertModelOutput } from '../../engine/acoustic/model-output';
import { writeModelFolder } from '../../engine/acoustic/store';
import type { Topology } from '../../engine/acoustic/topology';
import { modelReadme } from '../../engine/acoustic/training/model-readme';
import { V2SError } from '../../engine/errors';
import type { CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';

interface ImportCommand extends OutputFlags {
  out: string;
  labels?: string;
  frontEnd?: string;
  taps?: string[];
  attention?: string;
  id?: string;
  title?: string;
  license?: string;
  source?: string;
  sourceLicense?: string;
}

const LABELS =
  'file with the source words in the order of the outputs: a JSON array, an object with such an array as "labels", or one per line';
const FRONT_END =
  'front end that computes the features of the model: log-mel, kapre-db, or a JSON file that adjusts one of them, ' +
  'for example {"kind": "log-mel", "hop": 160, "melBins": 40}';

/** `v2s models import-keras H5 [--labels FILE] [--front-end F --taps a,b] --out DIR`. */
export function registerImportKeras(models: Command, context: CliContext): void {
  const command = models
    .command('import-keras')
    .description(
      'import a model saved by Keras 2 as HDF5: an attention-RNN that computes its features itself, or, with --front-end, any ' +
        'model of layers that takes mel features, [frames, bins], [frames, bins, 1] or [bins, frames, 1]',
    )
    .argument('<h5>', 'the model, written by model.save("name.h5")')
    .option('--labels <file>', LABELS)
    .option('--front-end <front-end>', FRONT_END);
  addCommonOptions(command).action(async (h5: string, options: ImportCommand) => {
    const about = await readAbout(h5, options);
    const { frontEnd, taps, attention } = about;
    if (frontEnd === undefined && (taps ?? attention) !== undefined)
      throw new V2SError(
        'model.front-end',
        '--taps and --attention need --front-end: log-mel, kapre-db or a JSON file.',
      );
    const path = resolve(h5);
    const imported =
      frontEnd === undefined
        ? await importKerasAttentionRnn(path, about)
        : await importKerasLayers(path, { ...about, frontEnd });
    await write(imported, basename(h5), options, context);
  });
}

/** `v2s models import-tfjs MODEL_JSON --labels FILE --front-end F [--taps a,b] --out DIR`. */
export function registerImportTfjs(models: Command, context: CliContext): void {
  const command = models
    .command('import-tfjs')
    .description(
      'import a LayersModel of TensorFlow.js that takes mel features, [frames, bins], [frames, bins, 1] or [bins, frames, 1]',
    )
    .argument('<model.json>', 'the model, with its weight files beside it')
    .requiredOption('--labels <file>', LABELS)
    .requiredOption('--front-end <front-end>', FRONT_END);
  addCommonOptions(command).action(async (file: string, options: ImportCommand) => {
    const { frontEnd, ...about } = await readAbout(file, options);
    const imported = await importTfjsLayers(resolve(file), { ...about, frontEnd: frontEnd! });
    await write(imported, basename(file), options, context);
  });
}

function addCommonOptions(command: Command): Command {
  return addForceFlag(command)
    .requiredOption('--out <folder>', 'folder of the new acoustic model')
    .option('--taps <names>', 'layers to show, separated by commas; default: every convolution', (text: string) =>
      text.split(',').map((name) => name.trim()),
    )
    .option('--attention <name>', 'layer with one weight per frame, if there is one')
    .option('--id <id>', 'id of the model; default: the name of the folder')
    .option('--title <text>', 'one line that describes the model')
    .option('--license <license>', 'license of the weights; "unknown" unless stated')
    .option('--source <name>', 'speech data that the model was trained on; "unknown" unless stated')
    .option('--source-license <license>', 'license of that data; "unknown" unless stated');
}

/** @throws V2SError `model.out` rather than overwrite a model, `model.labels`, `model.front-end`, `file.*` */
async function readAbout(
  model: string,
  options: ImportCommand,
): Promise<Omit<LayersImportOptions, 'frontEnd'> & { frontEnd?: FrontEnd }> {
  const folder = resolve(options.out);
  if (existsSync(join(folder, 'card.json')))
    throw new V2SError('model.out', `${folder} already holds an acoustic model. Choose another --out or delete it.`);
  await assertModelOutput(folder, { inputs: [model, options.labels, options.frontEnd], replace: options.force });
  return {
    labels: options.labels === undefined ? undefined : await readLabels(resolve(options.labels)),
    frontEnd: options.frontEnd === undefined ? undefined : await readFrontEnd(options.frontEnd),
    taps: options.taps,
    attention: options.attention,
    id: options.id ?? basename(folder),
    title: options.title,
    license: options.license,
    source: { name: options.source ?? 'unknown', license: options.sourceLicense },
  };
}

async function write(
  { card: draft, weights, topology }: { card: ModelCard; weights: Tensors; topology?: Topology },
  file: string,
  options: ImportCommand,
  context: CliContext,
): Promise<void> {
  const folder = resolve(options.out);
  const card = await writeModelFolder(folder, { card: draft, weights, topology, readme: modelReadme(draft) });
  const { layers } = card;
  context.result(
    {
      model: card.id,
      folder,
      architecture: card.architecture,
      source_labels: card.sourceLabels.length,
      parameters: card.parameters,
      ...(layers && { input_layout: layers.inputLayout, taps: layers.taps, attention: layers.attention }),
      sha256: card.weightsSha256,
    },
    `Imported ${file} as ${card.id}: ${networkName(card)}, ${card.parameters.toLocaleString('en')} parameters, ` +
      `${card.sourceLabels.length} source words, in ${folder}` +
      (layers ? `\nLayers to show: ${layers.taps.join(', ')}` : ''),
  );
}

/** A front end by its name, or from a file with what differs from the one of that kind. @throws V2SError `file.*`, `model.front-end` */
async function readFrontEnd(nameOrFile: string): Promise<FrontEnd> {
  const named = (FRONT_ENDS as Record<string, FrontEnd | undefined>)[nameOrFile];
  if (named) return named;
  const path = resolve(nameOrFile);
  if (!existsSync(path))
    throw new V2SError(
      'model.front-end',
      `${JSON.stringify(nameOrFile)} is neither log-mel nor kapre-db nor a file that exists.`,
    );
  return await readFrontEndFile(path);
}
