// The two background processes: what brings down the one that files are looked at in leaves the trainings alone.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Random } from '../../../src/engine/math/random';
import { BackgroundProcess, type End } from '../../../src/host/background/background-process';
import { Routes } from '../../../src/host/background/routes';
import { Watch, type Limits } from '../../../src/host/background/watch';
import { RemoteError, type Remote } from '../../../src/protocol/rpc';
import type { Configuration, RunEvent, RunStart, WorkerContract } from '../../../src/protocol/worker';

const MODELS = join(process.cwd(), 'models');
const GENEROUS: Limits = { silent: 60_000, still: 600_000, memory: 2 ** 40, every: 100 };

interface Pair {
  remote: Remote<WorkerContract>;
  training: BackgroundProcess;
  viewing: BackgroundProcess;
  /** ends of the process for viewing */
  ends: End[];
  /** ends of the process for trainings */
  crashes: End[];
  events: RunEvent[];
  folder: string;
  start(name: string, options: object): RunStart;
}

/** Both processes as the extension host has them, with limits of the test's own. */
async function pair(t: TestContext, limits: Limits, nodeArguments: string[] = []): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-two-'));
  const [ends, crashes, events]: [End[], End[], RunEvent[]] = [[], [], []];
  const common = {
    script: join(__dirname, 'worker.js'),
    configuration: (): Configuration => ({
      modelRoots: [MODELS],
      threads: 1,
      trusted: true,
      runRoots: routes.runRoots,
    }),
    explain: ({ kind }: End) => `It was ended: ${kind}.`,
    tooOften: () => 'too often',
  };
  const training = new BackgroundProcess({
    ...common,
    role: 'training',
    nodeArguments: () => [],
    limits: () => null,
    onEnded: (end) => crashes.push(end),
    onRunEvent: (event) => events.push(event),
  });
  const viewing = new BackgroundProcess({
    ...common,
    role: 'viewing',
    nodeArguments: () => nodeArguments,
    limits: () => limits,
    onEnded: (end) => ends.push(end),
  });
  const routes = new Routes(training, viewing, () => void viewing.reconfigure());
  t.after(async () => {
    training.dispose();
    viewing.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  });
  const random = new Random(3);
  const row = (i: number): string =>
    [i % 2, ...Array.from({ length: 30 }, (_, at) => Math.sin(at / (i % 2 ? 2 : 7)) + random.gaussian())].join(',');
  const train = join(folder, 'Sines_TRAIN.csv');
  await writeFile(train, `${Array.from({ length: 12 }, (_, i) => row(i)).join('\n')}\n`);
  const start = (name: string, options: object): RunStart => ({
    ...{ train, test: null, read: {}, model: join(MODELS, 'att-rnn-asc'), threads: 1 },
    options: { method: 'theta', replicas: 5, validation: 0, ...options },
    out: join(folder, `${name}.v2s.safetensors`),
    // Not a place that is looked into for the run of a program.
    runs: join(folder, 'far', 'away'),
  });
  return { remote: routes.remote, training, viewing, ends, crashes, events, folder, start };
}

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((done) => setTimeout(done, 20));
};

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

const epochsOf = ({ events }: Pair, folder: string): number =>
  events.filter((event) => event.folder === folder && event.event.type === 'epoch').length;

const endedWith = (kind: End['kind']) => (error: unknown) =>
  error instanceof RemoteError && error.code === 'rpc.closed' && error.message === `It was ended: ${kind}.`;

test('a process for viewing that hangs is ended, a training goes on, and the next question starts a new one', async (t) => {
  if (process.platform === 'win32') return t.skip('Windows cannot stop a process');
  const both = await pair(t, { ...GENEROUS, silent: 1500 });
  const { remote, viewing, training, ends, crashes, start } = both;
  const run = await remote.startReprogram(start('long', { epochs: 5000 }));
  const { train: file } = start('', {});
  await remote.readSeriesIndex({ file });
  const [hung, trains] = [viewing.pid!, training.pid];
  assert.notEqual(hung, trains);

  process.kill(hung, 'SIGSTOP');
  // A person who goes on asks anew, and does not wait for the answer before.
  for (let i = 0; i < 3; i++) {
    const impatient = new AbortController();
    const asked = remote.readSeriesPage({ file, indices: [0], width: 8 }, { signal: impatient.signal });
    impatient.abort();
    await assert.rejects(asked, { code: 'canceled' });
  }
  await assert.rejects(remote.readSeriesIndex({ file }), endedWith('silent'));
  assert.deepEqual(ends, [{ kind: 'silent', seconds: 1.5 }]);
  await until(() => isGone(hung));

  const before = epochsOf(both, run.folder);
  assert.equal((await remote.readSeriesIndex({ file })).count, 12);
  assert.ok(viewing.pid !== undefined && viewing.pid !== hung);
  await until(() => epochsOf(both, run.folder) > before + 3);
  await remote.cancelRun(run);
  await until(() => both.events.some(({ event }) => event.type === 'canceled'));
  assert.deepEqual([training.pid, crashes], [trains, []]);
});

test('a process for viewing that takes too much memory is ended', async (t) => {
  const { remote, ends, start } = await pair(t, { ...GENEROUS, memory: 2 ** 20 });
  const { train: file } = start('', {});
  // It takes a moment until it is looked at.
  const asked = (async () => {
    for (;;) await remote.readSeriesIndex({ file });
  })();
  await assert.rejects(asked, endedWith('memory'));
  assert.deepEqual(ends, [{ kind: 'memory', bytes: 2 ** 20 }]);
});

test('a process for viewing whose heap is full says so, and no training begins with such a file', async (t) => {
  const { remote, training, ends, folder, start } = await pair(t, GENEROUS, ['--max-old-space-size=40']);
  const train = join(folder, 'many_TRAIN.csv');
  await writeFile(train, Array.from({ length: 900_000 }, (_, i) => `label ${i},1.5,2.5\n`).join(''));
  await assert.rejects(remote.startReprogram({ ...start('many', {}), train }), endedWith('heap'));
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['heap'],
  );
  assert.equal(training.pid, undefined, 'the process for trainings was not even started');
});

test('what was just trained is seen by the process for viewing, and so is what replaced it', async (t) => {
  const both = await pair(t, GENEROUS);
  const { remote, start } = both;
  const finish = async (seed: number): Promise<string> => {
    const { folder } = await remote.startReprogram(start('sines', { epochs: 2, seed }));
    const isEnd = ({ folder: of, event }: RunEvent): boolean => of === folder && event.type === 'finished';
    await until(() => both.events.some(isEnd));
    return folder;
  };
  const { train: file, out: program } = start('sines', {});
  const first = await finish(1);
  const before = await remote.classify({ file, program });
  assert.equal((await remote.runHistory({ folder: program })).folder, first, 'its run is found, wherever it is');
  const second = await finish(2);
  const after = await remote.classify({ file, program });
  assert.notDeepEqual(after.probabilities, before.probabilities);
  assert.equal((await remote.runHistory({ folder: program })).folder, second);
  assert.equal((await remote.runHistory({ folder: second })).status, 'finished');
});

test('a process that lives but gets no further is ended, and one that advances is not', async (t) => {
  const excess: unknown[] = [];
  const watch = new Watch(
    { silent: 200, still: 300, memory: 1000, every: 10 },
    undefined,
    async () => await Promise.resolve(1),
    (what) => excess.push(what),
  );
  t.after(() => watch.stop());
  watch.asked();
  for (let i = 0; i < 40; i++) {
    await new Promise((done) => setTimeout(done, 10));
    watch.advanced();
  }
  assert.deepEqual(excess, []);
  await until(() => excess.length > 0);
  assert.deepEqual(excess, [{ kind: 'still', seconds: 0.3 }]);
});

test('a process that builds a model may be busy for longer, and no longer than that', async (t) => {
  const excess: unknown[] = [];
  const never = new Promise<number>(() => undefined);
  const watch = new Watch(
    { silent: 50, still: 400, memory: 1000, every: 10 },
    undefined,
    async () => await never,
    (what) => excess.push(what),
  );
  t.after(() => watch.stop());
  watch.asked(true);
  await new Promise((done) => setTimeout(done, 200));
  assert.deepEqual(excess, []);
  watch.settled(true);
  watch.asked();
  await until(() => excess.length > 0);
  assert.deepEqual(excess, [{ kind: 'silent', seconds: 0.05 }]);
});

test('disposing of a process ends it', async (t) => {
  const { remote, viewing, start } = await pair(t, GENEROUS);
  await remote.readSeriesIndex({ file: start('', {}).train });
  const { pid } = viewing;
  viewing.dispose();
  await until(() => isGone(pid!));
});
