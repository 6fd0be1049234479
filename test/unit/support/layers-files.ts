import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as h5wasm from 'h5wasm';
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

/** Saves a model as Keras 2 does with `model.save('x.h5')`. @returns the path */
export async function saveKerasModel(path: string, model: LayersModel): Promise<string> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/keras.h5', 'w');
  file.create_attribute('model_config', JSON.stringify(model.toJSON(null, false)));
  file.create_attribute('keras_version', '2.11.0');
  const all = file.create_group('model_weights');
  for (const layer of model.layers) {
    const group = all.create_group(layer.name);
    const weights = layer.weights as unknown as NamedWeight[];
    if (weights.length === 0) continue;
    group.create_attribute(
      'weight_names',
      weights.map(({ originalName }) => `${originalName}:0`),
    );
    const inner = group.create_group(layer.name);
    for (const weight of weights)
      inner.create_dataset({
        name: `${weight.originalName.split('/').at(-1)!}:0`,
        data: Float32Array.from(weight.read().dataSync()),
        shape: weight.shape,
      });
  }
  file.close();
  await writeFile(path, FS.readFile('/keras.h5'));
  FS.unlink('/keras.h5');
  return path;
}
