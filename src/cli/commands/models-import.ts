import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { importKerasAttentionRnn } from '../../engine/acoustic/keras-attention-rnn';
import { writeModelFolder } from '../../engine/acoustic/store';
import { modelReadme } from '../../engine/acoustic/training/model-readme';
import { V2SError } from '../../engine/errors';
import { fileError } from '../../engine/files/atomic';
import type { CliContext } from '../context';

interface ImportCommand {
  out: string;
  labels?: string;
  id?: string;
  title?: string;
  licence?: string;
  source?: string;
  sourceLicence?: string;
}

/** `v2s models import-keras H5 [--labels JSON] --out DIR`. */
export function registerImportKeras(models: Command, context: CliContext): void {
  models
    .command('import-keras')
    .description('import an attention-RNN saved by Keras 2 as HDF5')
    .argument('<h5>', 'the model, written by model.save("name.h5")')
    .requiredOption('--out <folder>', 'folder of the new acoustic model')
    .option('--labels <json>', 'names of the outputs in order: a JSON array, or an object whose "labels" is one')
    .option('--id <id>', 'id of the model; default: the name of the folder')
    .option('--title <text>', 'what the model is, in a line')
    .option('--licence <licence>', 'licence of the weights; "unknown" unless stated')
    .option('--source <name>', 'speech data that the model was trained on; "unknown" unless stated')
    .option('--source-licence <licence>', 'licence of that data; "unknown" unless stated')
    .action(async (h5: string, options: ImportCommand) => {
      const folder = resolve(options.out);
      if (existsSync(join(folder, 'card.json')))
        throw new V2SError(
          'keras.out',
          `${folder} already holds an acoustic model. Choose another --out or delete it.`,
        );
      const labels = options.labels === undefined ? undefined : await readLabels(resolve(options.labels));
      const { card: draft, weights } = await importKerasAttentionRnn(resolve(h5), {
        labels,
        id: options.id ?? basename(folder),
        title: options.title,
        licence: options.licence,
        source: { name: options.source ?? 'unknown', licence: options.sourceLicence },
      });
      const card = await writeModelFolder(folder, { card: draft, weights, readme: modelReadme(draft) });
      context.result(
        {
          model: card.id,
          folder,
          architecture: card.architecture,
          source_labels: card.sourceLabels.length,
          parameters: card.parameters,
          sha256: card.weightsSha256,
        },
        `Imported ${basename(h5)} as ${card.id}: ${card.architecture}, ${card.parameters.toLocaleString('en')} parameters, ` +
          `${card.sourceLabels.length} source labels, in ${folder}`,
      );
    });
}

const labelsSchema = z.union([
  z.array(z.string()).nonempty(),
  z.object({ labels: z.array(z.string()).nonempty() }).transform(({ labels }) => labels),
]);

/** @throws V2SError `file.*`, `keras.labels` */
async function readLabels(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, path, 'read');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new V2SError('keras.labels', `${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  const labels = labelsSchema.safeParse(json);
  if (!labels.success)
    throw new V2SError(
      'keras.labels',
      `${path} does not list labels. Expected ["yes", "no", ..] or {"labels": ["yes", "no", ..]}.`,
    );
  return labels.data;
}
