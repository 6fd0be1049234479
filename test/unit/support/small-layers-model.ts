import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The words that the model below tells apart. */
export const SMALL_MODEL_WORDS = ['up', 'down', 'left', 'right'];

const FILTERS = 3;
const WIDTH = 5;
const BINS = 80;

/**
 * Writes the smallest useful LayersModel of TensorFlow.js, a convolution over 125 frames of 80 mel bins, its mean and a softmax, with
 * the same weights every time.
 * @returns the path of model.json, beside which labels.txt has the words, one a line
 */
export function writeSmallLayersModel(folder: string): string {
  const words = SMALL_MODEL_WORDS.length;
  const weights = [
    { name: 'listen/kernel', shape: [WIDTH, BINS, FILTERS], dtype: 'float32' },
    { name: 'listen/bias', shape: [FILTERS], dtype: 'float32' },
    { name: 'words/kernel', shape: [FILTERS, words], dtype: 'float32' },
    { name: 'words/bias', shape: [words], dtype: 'float32' },
  ];
  const size = weights.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  const values = Float32Array.from({ length: size }, (_, i) => 0.3 * Math.sin(12.9898 * i));
  const layer = (className: string, config: object): object => ({ class_name: className, config });
  const json = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'small',
        layers: [
          layer('Conv1D', {
            name: 'listen',
            batch_input_shape: [null, 125, BINS],
            filters: FILTERS,
            kernel_size: [WIDTH],
            padding: 'same',
            activation: 'tanh',
          }),
          layer('GlobalAveragePooling1D', { name: 'mean' }),
          layer('Dense', { name: 'words', units: words, activation: 'softmax' }),
        ],
      },
    },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(values.buffer));
  writeFileSync(join(folder, 'labels.txt'), `${SMALL_MODEL_WORDS.join('\n')}\n`);
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(json));
  return path;
}
