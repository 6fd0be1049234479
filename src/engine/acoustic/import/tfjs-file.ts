import { dirname, isAbsolute, join, relative } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { V2SError } from '../../errors';
import { readBounded } from '../../files/bounded-read';
import { MAX_TOPOLOGY_BYTES } from '../../files/limits';
import type { Topology } from '../topology';

/** A model as a layer, or as the whole file. */
export const MODELS = new Set(['Model', 'Functional', 'Sequential']);

const manifestSchema = z.array(
  z.object({
    paths: z.array(z.string().min(1)),
    weights: z.array(
      z.looseObject({ name: z.string(), shape: z.array(z.number().int().nonnegative()), dtype: z.string() }),
    ),
  }),
);
const tfjsFileSchema = z.looseObject({ modelTopology: z.unknown(), weightsManifest: manifestSchema });
const topologySchema = z.looseObject({ class_name: z.string(), config: z.unknown() });

interface TfjsFile {
  topology: Topology;
  specs: io.WeightsManifestEntry[];
  /** of the weight files, in the order of their bytes */
  paths: string[];
}

/** @throws V2SError `file.*`, `tfjs.file`, `model.topology` */
export async function readTfjsFile(path: string): Promise<TfjsFile> {
  const text = await readBounded(path, { maxBytes: MAX_TOPOLOGY_BYTES });
  const wrong = (why: string): V2SError => new V2SError('tfjs.file', `${path} is not a LayersModel: ${why}.`);
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw wrong(`it is not JSON (${(error as Error).message})`);
  }
  if ((json as { format?: unknown } | null)?.format === 'graph-model')
    throw wrong(
      'it is a GraphModel, whose layers V2S cannot show. Convert the Keras model with the output format tfjs_layers_model',
    );
  const file = tfjsFileSchema.safeParse(json);
  if (!file.success) throw wrong('expected "modelTopology" and "weightsManifest"');
  const { modelTopology, weightsManifest } = file.data;
  const wrapped = (modelTopology as { model_config?: unknown } | null)?.model_config;
  return {
    topology: parseTopology(wrapped ?? modelTopology, path),
    specs: weightsManifest.flatMap(({ weights }) => weights) as unknown as io.WeightsManifestEntry[],
    paths: weightsManifest
      .flatMap(({ paths }) => paths)
      .map((part) => {
        const file = join(dirname(path), part);
        const inside = relative(dirname(path), file);
        if (
          isAbsolute(part) ||
          isAbsolute(inside) ||
          inside === '' ||
          /^\.\.([\\/]|$)/.test(inside) ||
          part.includes('\0')
        )
          throw wrong(`its weightsManifest names ${JSON.stringify(part)}, which is not in its folder`);
        return file;
      }),
  };
}

/** Number of the values of all weights of a manifest; each takes a byte of its files at least. */
export function valuesOf(specs: readonly io.WeightsManifestEntry[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/** The error of weight files that do not hold what the manifest says. */
export function otherWeights(path: string, bytes: number, paths: readonly string[], cause?: unknown): V2SError {
  return new V2SError(
    'tfjs.file',
    `The ${bytes} bytes of weights beside ${path} are not those in its weightsManifest. Copy all of its weight ` +
      `files again (${paths.map((part) => relative(dirname(path), part)).join(', ')}).`,
    { cause },
  );
}

/** @throws V2SError `model.topology` unless it describes a model of layers */
export function parseTopology(json: unknown, path: string): Topology {
  const parsed = topologySchema.safeParse(json);
  if (!parsed.success || !MODELS.has(parsed.data.class_name))
    throw new V2SError(
      'model.topology',
      parsed.success
        ? `${path} does not describe a model of layers: expected the class ${[...MODELS].join(' or ')}, found ${parsed.data.class_name}.`
        : `${path} does not describe a model of layers: expected the class ${[...MODELS].join(' or ')}.`,
    );
  const config = z.looseObject({}).safeParse(parsed.data.config);
  if (config.success) return { class_name: parsed.data.class_name, config: config.data };
  throw new V2SError('model.topology', `${path} does not describe a model of layers: it has no "config".`);
}
