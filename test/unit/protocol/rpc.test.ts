import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { isCanceled, Peer, RemoteError, request, type Channel, type Contract } from '../../../src/protocol/rpc';

const answering = {
  requests: {
    add: request(z.object({ a: z.number(), b: z.number() }), z.object({ sum: z.number() })),
    wait: request(z.object({}), z.object({}), z.object({ done: z.number() })),
    fail: request(z.object({ code: z.string().nullable() }), z.object({})),
    lie: request(z.object({}), z.object({ number: z.number() })),
  },
  events: { tick: z.object({ n: z.int() }) },
} satisfies Contract;
const asking = { requests: {}, events: {} } satisfies Contract;

/** Two ends of a line that copies messages as a real channel does. */
function line(): { left: Channel; right: Channel; raw: (message: unknown) => void } {
  const ends: ((message: unknown) => void)[][] = [[], []];
  const channel = (own: number): Channel => ({
    post: (message) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => ends[1 - own].forEach((receive) => receive(copy)));
    },
    listen: (receive) => {
      ends[own].push(receive);
      return () => ends[own].splice(ends[own].indexOf(receive), 1);
    },
  });
  return { left: channel(0), right: channel(1), raw: (message) => ends[1].forEach((receive) => receive(message)) };
}

function pair() {
  const { left, right, raw } = line();
  const defects: string[] = [];
  let stopped = 0;
  const server = new Peer(right, {
    serves: answering,
    uses: asking,
    onDefect: (text) => defects.push(text),
    handlers: {
      add: ({ a, b }) => ({ sum: a + b }),
      wait: async (_, { signal, progress }) => {
        progress({ done: 1 });
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stopped++;
        return {};
      },
      fail: ({ code }) => {
        throw Object.assign(new Error('as asked'), code === null ? {} : { code });
      },
      lie: () => ({ number: 'none' }) as unknown as { number: number },
    },
  });
  const client = new Peer(left, {
    serves: asking,
    handlers: {},
    uses: answering,
    onDefect: (text) => defects.push(text),
  });
  return { client, server, defects, raw, stopped: () => stopped };
}

const code = (expected: string) => (error: unknown) => error instanceof RemoteError && error.code === expected;

test('a request reads like an async function, and replies find their calls', async () => {
  const { client } = pair();
  const sums = await Promise.all([1, 2, 3].map((a) => client.remote.add({ a, b: 10 })));
  assert.deepEqual(sums, [{ sum: 11 }, { sum: 12 }, { sum: 13 }]);
});

test('errors keep their code; those without one are internal and logged', async () => {
  const { client, defects } = pair();
  await assert.rejects(client.remote.fail({ code: 'series.value' }), code('series.value'));
  assert.equal(defects.length, 0);
  await assert.rejects(client.remote.fail({ code: null }), code('internal'));
  assert.equal(defects.length, 1);
});

test('what breaks the contract is refused on either side', async () => {
  const { client, defects, raw } = pair();
  await assert.rejects(client.remote.add({ a: 1, b: 'two' as unknown as number }), code('rpc.params'));
  await assert.rejects(client.remote.lie({}), code('rpc.result'));
  raw({ v2s: 'request', id: 'x' });
  raw({ v2s: 'request', id: 90, method: 'constructor', params: {} });
  raw(null);
  assert.equal(defects.filter((text) => /Ignored an unrecognized message/.test(text)).length, 2);
});

test('canceling rejects at once, tells the handler, and reports progress before', async () => {
  const { client, stopped } = pair();
  const controller = new AbortController();
  const progress: number[] = [];
  const call = client.remote.wait(
    {},
    {
      signal: controller.signal,
      onProgress: ({ done }) => {
        progress.push(done);
        controller.abort();
      },
    },
  );
  await assert.rejects(call, isCanceled);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(progress, [1]);
  assert.equal(stopped(), 1);
  await assert.rejects(client.remote.add({ a: 1, b: 2 }, { signal: controller.signal }), isCanceled);
});

test('events reach their listeners, checked; a closed line rejects what waits', async () => {
  const { client, server, stopped } = pair();
  const seen: number[] = [];
  const stop = client.on('tick', ({ n }) => seen.push(n));
  server.emit('tick', { n: 1 });
  server.emit('tick', { n: 'two' as unknown as number });
  await new Promise((resolve) => setTimeout(resolve, 10));
  stop();
  server.emit('tick', { n: 3 });
  const waiting = client.remote.wait({});
  await new Promise((resolve) => setTimeout(resolve, 10));
  client.close('gone');
  server.close();
  await assert.rejects(waiting, code('rpc.closed'));
  await assert.rejects(client.remote.add({ a: 1, b: 2 }), code('rpc.closed'));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(seen, [1]);
  assert.equal(stopped(), 1);
});
