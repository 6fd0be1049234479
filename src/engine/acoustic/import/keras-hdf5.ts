import { createHash } from 'node:crypto';
import type * as h5wasm from 'h5wasm';
import { V2SError } from '../../errors';
import { readBounded } from '../../files/bounded-read';
import { parseJson } from '../../files/json';
import { MAX_WEIGHTS_BYTES } from '../../files/limits';
import type { Tensor } from '../model';

/** What a Keras HDF5 file (`model.save('x.h5')`) says of a model: its graph as JSON and the weights of each layer. */
export interface KerasFile {
  /** the parsed attribute `model_config` */
  modelConfig: unknown;
  kerasVersion: string;
  /** by layer name, then by the weight's name in the file, in the file's order; layers without weights are missing */
  layers: Map<string, Map<string, Tensor>>;
  /** SHA-256 (hex) of the file */
  sha256: string;
}

type H5 = typeof h5wasm;
type H5Group = InstanceType<H5['Group']>;

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Serial number of the files put into the reader's in-memory file system. */
let serial = 0;

/**
 * Reads a whole model saved by Keras 2 in HDF5.
 * @throws V2SError `file.*`, `keras.hdf5` (no or a damaged HDF5 file), `keras.model` (HDF5, but no whole Keras model)
 */
export async function readKerasFile(path: string): Promise<KerasFile> {
  const bytes = await readBounded(path, { maxBytes: MAX_WEIGHTS_BYTES });
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE))
    throw new V2SError(
      'keras.hdf5',
      `${path} is not an HDF5 file: it does not begin with the HDF5 signature. Expected a model saved by Keras as .h5` +
        `${bytes.subarray(0, 2).toString('latin1') === 'PK' ? ' (this is a .keras archive: save it as .h5)' : ''}.`,
    );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const h5 = await import('h5wasm');
  const module = await h5.ready;
  // Errors of the HDF5 library become exceptions instead of text on stderr.
  module.activate_throwing_error_handler();
  const name = `/keras-${serial++}.h5`;
  module.FS.writeFile(name, bytes);
  try {
    const file = new h5.File(name, 'r');
    try {
      return { ...readModel(h5, file, path), sha256 };
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof V2SError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new V2SError(
      'keras.hdf5',
      `${path} cannot be read as HDF5; it may be truncated or damaged (${lastCause(detail)}). Copy or download it again.`,
      { cause: error },
    );
  } finally {
    module.FS.unlink(name);
  }
}

function readModel(h5: H5, file: H5Group, path: string): Omit<KerasFile, 'sha256'> {
  const text = file.attrs['model_config']?.value;
  const weights = file.get('model_weights');
  if (typeof text !== 'string' || !(weights instanceof h5.Group))
    throw new V2SError(
      'keras.model',
      `${path} is an HDF5 file without a whole Keras model: ${
        typeof text === 'string' ? 'the group model_weights' : 'the attribute model_config'
      } is missing. Weights alone do not describe the model. Save it with model.save('name.h5').`,
    );
  const modelConfig = parseJson(text, `The model_config of ${path}`, 'keras.model');
  const layers = new Map<string, Map<string, Tensor>>();
  for (const layer of weights.keys()) {
    const group = weights.get(layer);
    if (!(group instanceof h5.Group)) continue;
    const names = group.attrs['weight_names']?.value;
    if (!Array.isArray(names) || names.length === 0) continue;
    layers.set(layer, new Map(names.map((name) => [String(name), readTensor(h5, group, String(name), path)])));
  }
  return { modelConfig, kerasVersion: String(file.attrs['keras_version']?.value ?? 'unknown'), layers };
}

function readTensor(h5: H5, group: H5Group, name: string, path: string): Tensor {
  const dataset = group.get(name);
  if (!(dataset instanceof h5.Dataset) || dataset.shape === null)
    throw new V2SError('keras.model', `${path} lists the weight ${name} but does not hold it.`);
  const { value, shape } = dataset;
  if (!(value instanceof Float32Array))
    throw new V2SError(
      'keras.model',
      `The weight ${name} in ${path} has type ${String(dataset.dtype)}; expected 32-bit floats.`,
    );
  return { shape: [...shape], data: Float32Array.from(value) };
}

/** The innermost reason in a trace of the HDF5 library: its last `minor` line. */
function lastCause(trace: string): string {
  const minor = [...trace.matchAll(/minor: (.*)/g)].at(-1);
  return minor ? minor[1].trim() : trace.split('\n')[0];
}
