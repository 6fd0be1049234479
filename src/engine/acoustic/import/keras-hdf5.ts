import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CanceledError, V2SError } from '../../errors';
import { readBounded } from '../../files/bounded-read';
import { MAX_WEIGHTS_BYTES } from '../../files/limits';
import { ASSET_FOLDER } from '../fused/module';
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

/** Handed to the thread. */
export interface Hdf5Request {
  bytes: Uint8Array;
  /** names the file in errors */
  path: string;
}

/** Exactly one of the two. */
export interface Hdf5Reply {
  model?: Omit<KerasFile, 'sha256'>;
  failure?: { code: string; message: string };
}

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Megabytes of JavaScript heap of the thread; the file's bytes and weights lie outside of it. */
const MOST_HEAP = 512;

/** How long the HDF5 library may take, ms: damaged files can make it loop for ever. */
const DEADLINE = { always: 30_000, perMebibyte: 100 };

/**
 * Reads a whole model saved by Keras 2 in HDF5, in a thread of its own that is ended when it does not answer in time.
 * @param options.deadline in ms
 * @throws V2SError `file.*`, `keras.hdf5` (no or a damaged HDF5 file), `keras.deadline`, `keras.model` (HDF5, but no whole Keras model);
 *   CanceledError
 */
export async function readKerasFile(
  path: string,
  { signal, deadline }: { signal?: AbortSignal; deadline?: number } = {},
): Promise<KerasFile> {
  const bytes = await readBounded(path, { maxBytes: MAX_WEIGHTS_BYTES, signal });
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE))
    throw new V2SError(
      'keras.hdf5',
      `${path} is not an HDF5 file: it does not begin with the HDF5 signature. Expected a model saved by Keras as .h5` +
        `${bytes.subarray(0, 2).toString('latin1') === 'PK' ? ' (this is a .keras archive: save it as .h5)' : ''}.`,
    );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const most = deadline ?? DEADLINE.always + (DEADLINE.perMebibyte * bytes.length) / 2 ** 20;
  const { model, failure } = await replyOf({ bytes, path }, most, signal);
  if (!model) throw new V2SError(failure!.code, failure!.message);
  return { ...model, sha256 };
}

/** What the thread answers. @throws V2SError `keras.deadline`, `keras.hdf5` when the thread breaks; CanceledError */
async function replyOf(request: Hdf5Request, deadline: number, signal?: AbortSignal): Promise<Hdf5Reply> {
  const thread = new Worker(join(ASSET_FOLDER, 'hdf5-thread.js'), {
    workerData: request,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
  });
  let timer: NodeJS.Timeout | undefined;
  let cancel = (): void => undefined;
  try {
    return await new Promise<Hdf5Reply>((resolve, reject) => {
      const broken = (why: string, cause?: unknown): void =>
        reject(new V2SError('keras.hdf5', `${request.path} cannot be read as HDF5: ${why}.`, { cause }));
      cancel = () => reject(new CanceledError());
      signal?.addEventListener('abort', cancel, { once: true });
      timer = setTimeout(
        () =>
          reject(
            new V2SError(
              'keras.deadline',
              `Reading ${request.path} was stopped because it took longer than ${Math.ceil(deadline / 1000)} s. ` +
                'The file is probably damaged. Copy or download it again.',
            ),
          ),
        deadline,
      );
      thread.once('message', resolve);
      thread.once('error', (error) => broken(error.message, error));
      thread.once('exit', () => broken('the thread that reads it ended'));
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    await thread.terminate();
  }
}
