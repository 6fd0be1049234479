// Entry of a worker thread that reads one Keras file and ends. Its bundle lies beside the others as hdf5-thread.js.
import { parentPort, workerData } from 'node:worker_threads';
import type * as h5wasm from 'h5wasm';
import { V2SError } from '../../errors';
import { parseJson } from '../../files/json';
import type { Tensor } from '../model';
import type { Hdf5Reply, Hdf5Request } from './keras-hdf5';

type H5 = typeof h5wasm;
type H5Group = InstanceType<H5['Group']>;

/** Bytes of weights that a file may unfold to: datasets that were never written, or that are compressed, take little room in it. */
const MOST_UNFOLDED = { always: 64 * 2 ** 20, perByte: 8 };

const { bytes, path } = workerData as Hdf5Request;

async function read(): Promise<Hdf5Reply> {
  const h5 = await import('h5wasm');
  const module = await h5.ready;
  // Errors of the HDF5 library become exceptions instead of text on stderr.
  module.activate_throwing_error_handler();
  const name = '/keras.h5';
  module.FS.writeFile(name, bytes);
  try {
    return { model: readModel(h5, new h5.File(name, 'r')) };
  } catch (error) {
    if (error instanceof V2SError) return { failure: { code: error.code, message: error.message } };
    const detail = error instanceof Error ? error.message : String(error);
    return {
      failure: {
        code: 'keras.hdf5',
        message: `${path} cannot be read as HDF5; it may be truncated or damaged (${lastCause(detail)}). Copy or download it again.`,
      },
    };
  }
}

function readModel(h5: H5, file: H5Group): NonNullable<Hdf5Reply['model']> {
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
  const room = { bytes: MOST_UNFOLDED.always + MOST_UNFOLDED.perByte * bytes.length };
  for (const layer of weights.keys()) {
    const group = weights.get(layer);
    if (!(group instanceof h5.Group)) continue;
    const names = group.attrs['weight_names']?.value;
    if (!Array.isArray(names) || names.length === 0) continue;
    layers.set(layer, new Map(names.map((name) => [String(name), readTensor(h5, group, String(name), room)])));
  }
  return { modelConfig, kerasVersion: String(file.attrs['keras_version']?.value ?? 'unknown'), layers };
}

/** @param room bytes that the weights may still take */
function readTensor(h5: H5, group: H5Group, name: string, room: { bytes: number }): Tensor {
  const dataset = group.get(name);
  if (!(dataset instanceof h5.Dataset) || dataset.shape === null)
    throw new V2SError('keras.model', `${path} lists the weight ${name} but does not hold it.`);
  room.bytes -= dataset.shape.reduce((product, n) => product * n, 4);
  if (!(room.bytes >= 0))
    throw new V2SError(
      'keras.model',
      `The weights in ${path} would be many times as large as the file. It may be damaged.`,
    );
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

void read().then((reply) => {
  const weights = [...(reply.model?.layers.values() ?? [])].flatMap((layer) => [...layer.values()]);
  parentPort!.postMessage(
    reply,
    weights.map(({ data }) => data.buffer as ArrayBuffer),
  );
});
