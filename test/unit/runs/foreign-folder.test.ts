// A run folder from a stranger leads no write out of itself.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { parseReprogramOptions } from '../../../src/engine/reprogram';
import { Run, RunFolder, type ResumeAgreement, type RunConfig, type RunRequest } from '../../../src/engine/runs';

const scratch = mkdtempSync(join(tmpdir(), 'v2s-foreign-'));
const at = (...parts: string[]): string => join(scratch, ...parts);
after(() => rm(scratch, { recursive: true, force: true }));
const hasCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;
const posix = process.platform === 'win32' ? { skip: 'links need rights on Windows' } : {};

/** A run of three epochs that was stopped after the first. */
async function stoppedRun(given: Partial<RunRequest> = {}): Promise<string> {
  const random = new Random(1);
  const rows = Array.from({ length: 12 }, (_, i) =>
    [i % 2, ...Array.from({ length: 30 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + 0.1 * random.gaussian())].join(','),
  );
  await writeFile(at('Sines_TRAIN.csv'), `${rows.join('\n')}\n`);
  const run = await Run.prepare({
    train: at('Sines_TRAIN.csv'),
    test: null,
    read: {},
    model: 'att-rnn-asc',
    modelRoots: [join(process.cwd(), 'models')],
    options: parseReprogramOptions({ method: 'theta', epochs: 3, validation: 0, replicas: 5 }),
    threads: 1,
    out: at('own.v2s.safetensors'),
    runs: at('.v2s', 'runs'),
    ...given,
  });
  const stop = new AbortController();
  await assert.rejects(run.execute({ signal: stop.signal, onEpoch: () => stop.abort() }), CanceledError);
  await run.release();
  return run.folder.path;
}

async function resume(path: string, agreed: ResumeAgreement = {}): Promise<void> {
  const run = await Run.reopen(await RunFolder.open(path), undefined, agreed);
  try {
    await run.execute();
  } finally {
    await run.release();
  }
}

test(
  'links in a run folder are replaced or refused, never followed; what killed writes left is swept',
  posix,
  async () => {
    const path = await stoppedRun();
    await writeFile(at('victim'), 'mine');
    await rm(join(path, 'log.jsonl'));
    await symlink(at('victim'), join(path, 'log.jsonl'));
    await symlink(at('victim'), join(path, 'program.v2s.safetensors'));
    await rm(join(path, 'theta_epoch_1.safetensors'));
    await symlink(at('victim'), join(path, 'theta_epoch_2.safetensors'));
    await writeFile(join(path, '.checkpoint.safetensors.0123456789abcdef.v2s-tmp'), 'half');
    await resume(path);
    assert.equal(await readFile(at('victim'), 'utf8'), 'mine');
    assert.ok((await lstat(join(path, 'program.v2s.safetensors'))).isFile());
    assert.deepEqual(
      (await readdir(path)).filter((name) => name.startsWith('.')),
      [],
    );

    const other = await stoppedRun();
    await rm(join(other, 'metrics.jsonl'));
    await writeFile(at('victim'), `${'{}\n'.repeat(1)}`);
    await symlink(at('victim'), join(other, 'metrics.jsonl'));
    await assert.rejects(resume(other), hasCode('file.eloop'));
    assert.equal(await readFile(at('victim'), 'utf8'), '{}\n');
    assert.ok(existsSync(other));
  },
);

test(
  'a program is written outside the tree of its run only where a person names it, and over no other file',
  posix,
  async () => {
    const path = await stoppedRun({ runs: at('tree', '.v2s', 'runs'), out: at('tree', 'p.v2s.safetensors') });
    const config = join(path, 'config.json');
    const own = JSON.parse(await readFile(config, 'utf8')) as RunConfig;
    const say = async (out: string): Promise<void> => await writeFile(config, JSON.stringify({ ...own, out }));
    await writeFile(at('notes.txt'), 'mine');
    await symlink(at('notes.txt'), at('tree', 'link'));
    await symlink(scratch, at('tree', 'up'));
    for (const out of [
      at('notes.txt'),
      at('new.v2s.safetensors'),
      at('tree', '..', 'new.v2s.safetensors'),
      at('tree', 'link'),
      at('tree', 'up', 'new.v2s.safetensors'),
      '../new.v2s.safetensors',
    ]) {
      await say(out);
      await assert.rejects(resume(path), hasCode('run.out'), out);
      await assert.rejects(resume(path, { out: at('another') }), hasCode('run.out'), out);
    }
    await say(at('notes.txt'));
    await assert.rejects(resume(path, { out: at('notes.txt') }), hasCode('output.exists'));
    await say(own.train.path);
    await assert.rejects(resume(path, { out: own.train.path, replace: true }), hasCode('output.input'));
    assert.equal(await readFile(at('notes.txt'), 'utf8'), 'mine');
    assert.ok(!existsSync(join(path, 'run.lock')));

    await say(at('new.v2s.safetensors'));
    await resume(path, { out: at('new.v2s.safetensors') });
    const program = await readFile(at('new.v2s.safetensors'));
    await say(own.out);
    await resume(path);
    assert.deepEqual(await readFile(own.out), program);
    // An earlier program is what a program replaces.
    await resume(path);
  },
);

test('a file where the folder of runs should be is named', async () => {
  await writeFile(at('file'), '');
  await assert.rejects(stoppedRun({ runs: at('file') }), { message: `${at('file')} is a file; choose a folder.` });
  await assert.rejects(stoppedRun({ out: at('file', 'p.v2s.safetensors') }), {
    message: `${at('file')} is a file; choose a folder.`,
  });
});
