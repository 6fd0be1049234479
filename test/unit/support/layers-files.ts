import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Random } from '../../../src/engine/math/random';

interface NamedWeight {
  originalName: string;
  shape: number[];
  read(): { dataSync(): ArrayLike<number> };
  write(value: unknown): void;
}

export const weightsOf = (model: LayersModel): NamedWeight[] => model.weights as unknown as NamedWeight[];

/** Weights of the sizes training gives, seeded, in the order of the model. */
export function drawWeights(model: LayersModel, seed: number): Float32Array[] {
  const random = new Random(seed);
  return weightsOf(model).map(({ originalName, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const fanIn = shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const positive = /gamma|variance/.test(originalName);
    const spread = shape.length > 1 ? Math.sqrt(1.5 / fanIn) : 0.2;
    return Float32Array.from({ length: size }, () => (positive ? 0.6 + random.uniform() : spread * random.gaussian()));
  });
}

/** Saves a model as TensorFlow.js does: model.json and two weight files. @returns the path of model.json */
export async function saveLayersModel(folder: string, model: LayersModel): Promise<string> {
  await mkdir(folder, { recursive: true });
  const weights = weightsOf(model).map(({ originalName, shape, read }, i) => ({
    name: originalName,
    shape,
    dtype: 'float32',
    data: Float32Array.from(read.call(weightsOf(model)[i]).dataSync()),
  }));
  const bytes = Buffer.concat(weights.map(({ data }) => Buffer.from(data.buffer)));
  const middle = Math.floor(bytes.length / 3);
  await writeFile(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, middle));
  await writeFile(join(folder, 'group1-shard2of2.bin'), bytes.subarray(middle));
  const json = {
    format: 'layers-model',
    generatedBy: 'a test',
    convertedBy: null,
    modelTopology: model.toJSON(null, false),
    weightsManifest: [
      {
        paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
        weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      },
    ],
  };
  const path = join(folder, 'model.json');
  await writeFile(path, JSON.stringify(json));
  return path;
}
