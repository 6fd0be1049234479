// Entry of a worker thread that owns one shard. Its bundle lies beside the others as shard-thread.js.
import { parentPort, workerData } from 'node:worker_threads';
import { Shard, type ShardTaps } from './shard';
import type { ShardReply, ShardRequest, ShardSetUp } from './shard-messages';

const { module, card, capacity } = workerData as ShardSetUp;
const port = parentPort!;
const shard = new Shard(module, card, capacity);

/** Activations of a batch are tens of megabytes: they move to the caller instead of being copied. */
function transfers(value: unknown, kind: ShardRequest['kind']): ArrayBuffer[] {
  if (kind !== 'tap') return [];
  const { logits, features, attention, convolutions, input } = value as ShardTaps;
  const layers = [...convolutions.values()].flatMap(({ activation, gradient }) => [activation, gradient]);
  const arrays = [logits, features, attention, input, ...layers];
  return arrays.filter((array) => array !== null).map(({ buffer }) => buffer as ArrayBuffer);
}

function answer(request: ShardRequest): unknown {
  switch (request.kind) {
    case 'setWeights':
      return shard.setWeights(request.weights);
    case 'weights':
      return shard.weights();
    case 'forward':
      return shard.forward(request.clips, request.n, request.training);
    case 'readouts':
      return shard.readouts(request.clips, request.n);
    case 'backward':
      return shard.backward(request.dLogits, request.want);
    case 'tap':
      return shard.tap(request.clips, request.n, request.dLogits, request.input);
    case 'times':
      return { times: { ...shard.times }, bytes: shard.bytes };
  }
}

port.on('message', (request: ShardRequest) => {
  let reply: ShardReply;
  let moved: ArrayBuffer[] = [];
  try {
    const value = answer(request);
    moved = transfers(value, request.kind);
    reply = { value };
  } catch (error) {
    reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(reply, moved);
});
