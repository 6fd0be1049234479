import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { V2SError } from '../../errors';
import type { Gradients, ReadoutValues, Tensors } from '../model';
import { ASSET_FOLDER } from './module';
import { Shard, type ShardCard, type ShardTaps, type StageTimes } from './shard';
import type { ShardReply, ShardRequest, ShardSetUp } from './shard-messages';

type Request<K extends ShardRequest['kind']> = Omit<Extract<ShardRequest, { kind: K }>, 'kind'>;

/** A shard that is asked asynchronously, in this thread or in one of its own. */
export interface ShardRunner {
  setWeights(weights: Tensors): Promise<void>;
  weights(): Promise<Tensors>;
  forward(request: Request<'forward'>): Promise<Float32Array>;
  readouts(request: Request<'readouts'>): Promise<ReadoutValues>;
  backward(request: Request<'backward'>): Promise<Gradients>;
  tap(request: Request<'tap'>): Promise<ShardTaps>;
  times(): Promise<{ times: StageTimes; bytes: number }>;
  close(): Promise<void>;
}

/** One thread is enough: the shard runs in the caller's. Event loop and signals are served between calls only. */
export function runInPlace(module: WebAssembly.Module, card: ShardCard, capacity: number): ShardRunner {
  const shard = new Shard(module, card, capacity);
  // A turn of the event loop before each call lets timers, signals and cancellation in.
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    setWeights: async (weights) => shard.setWeights(weights),
    weights: async () => shard.weights(),
    forward: async ({ clips, n, training }) => (await turn(), shard.forward(clips, n, training)),
    readouts: async ({ clips, n }) => (await turn(), shard.readouts(clips, n)),
    backward: async ({ dLogits, want }) => (await turn(), shard.backward(dLogits, want)),
    tap: async ({ clips, n, dLogits, input }) => (await turn(), shard.tap(clips, n, dLogits, input)),
    times: async () => ({ times: { ...shard.times }, bytes: shard.bytes }),
    close: async () => undefined,
  };
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** A shard in a worker thread. A thread that dies fails every request that waits for it. */
function runInThread(module: WebAssembly.Module, card: ShardCard, capacity: number): ShardRunner {
  const setUp: ShardSetUp = { module, card, capacity };
  const worker = new Worker(join(ASSET_FOLDER, 'shard-thread.js'), { workerData: setUp });
  const queue: Waiting[] = [];
  let dead: Error | null = null;
  const fail = (error: Error): void => {
    dead ??= error;
    for (const waiting of queue.splice(0)) waiting.reject(error);
  };
  worker.on('message', (reply: ShardReply) => {
    const waiting = queue.shift();
    if ('error' in reply) waiting?.reject(new Error(`in a kernel thread: ${reply.error}`));
    else waiting?.resolve(reply.value);
  });
  worker.on('error', (error) =>
    fail(new V2SError('kernels.thread', `A kernel thread failed: ${error.message}`, { cause: error })),
  );
  worker.on('exit', (code) => fail(new V2SError('kernels.thread', `A kernel thread ended with code ${code}.`)));
  // An idle thread never keeps the process alive; a pending request does.
  worker.unref();
  const ask = <T>(request: ShardRequest, transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (dead) return reject(dead);
      worker.ref();
      const settle = (): void => {
        if (queue.length === 0) worker.unref();
      };
      queue.push({
        resolve: (value) => (settle(), resolve(value as T)),
        reject: (error) => (settle(), reject(error)),
      });
      worker.postMessage(request, transfer);
    });
  return {
    setWeights: (weights) => ask({ kind: 'setWeights', weights }),
    weights: () => ask({ kind: 'weights' }),
    // The caller's pieces of the batch are copies made for this thread, so they move instead of being copied again.
    forward: (request) => ask({ kind: 'forward', ...request }, [request.clips.buffer as ArrayBuffer]),
    readouts: (request) => ask({ kind: 'readouts', ...request }, [request.clips.buffer as ArrayBuffer]),
    backward: (request) => ask({ kind: 'backward', ...request }),
    tap: (request) => ask({ kind: 'tap', ...request }, [request.clips.buffer as ArrayBuffer]),
    times: () => ask({ kind: 'times' }),
    close: async () => {
      dead = new V2SError('kernels.closed', 'The acoustic model was closed.');
      await worker.terminate();
    },
  };
}

/** A shard in a worker thread that is started by the first clips: a few clips go to the first shards only, and a thread takes 50 ms. */
export function runInThreadLater(module: WebAssembly.Module, card: ShardCard, capacity: number): ShardRunner {
  let runner: ShardRunner | null = null;
  let held: Tensors = new Map();
  const started = async (): Promise<ShardRunner> => {
    if (runner) return runner;
    runner = runInThread(module, card, capacity);
    // The thread serves its requests in order: nothing that is asked after this is computed with other weights.
    await runner.setWeights(held);
    return runner;
  };
  return {
    setWeights: async (weights) => {
      held = weights;
      await runner?.setWeights(weights);
    },
    weights: async () => (runner ? await runner.weights() : held),
    forward: async (request) => await (await started()).forward(request),
    readouts: async (request) => await (await started()).readouts(request),
    backward: async (request) => await (await started()).backward(request),
    tap: async (request) => await (await started()).tap(request),
    times: async () => await (await started()).times(),
    close: async () => await runner?.close(),
  };
}
