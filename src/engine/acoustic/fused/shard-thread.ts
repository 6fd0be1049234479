// Entry of a worker thread that owns one shard. Its bundle lies beside the others as shard-thread.js.
import { parentPort, workerData } from 'node:worker_threads';
import { Shard } from './shard';
import type { ShardReply, ShardRequest, ShardSetUp } from './shard-messages';

const { module, card, capacity } = workerData as ShardSetUp;
const port = parentPort!;
const shard = new Shard(module, card, capacity);

function answer(request: ShardRequest): unknown {
  switch (request.kind) {
    case 'setWeights':
      return shard.setWeights(request.weights);
    case 'weights':
      return shard.weights();
    case 'forward':
      return shard.forward(request.clips, request.n, request.training);
    case 'backward':
      return shard.backward(request.dLogits, request.want);
    case 'tap':
      return shard.tap(request.clip, request.dLogits);
    case 'times':
      return { times: { ...shard.times }, bytes: shard.bytes };
  }
}

port.on('message', (request: ShardRequest) => {
  let reply: ShardReply;
  try {
    reply = { value: answer(request) };
  } catch (error) {
    reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(reply);
});
