// What the command writes: never over its input, over no file of another kind unasked, through links and pipes, and to whom it may.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync } from 'node:fs';
import { link, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Random } from '../../../src/engine/math/random';

const PROGRAM = resolve('dist/v2s.js');
const folder = mkdtempSync(join(tmpdir(), 'v2s-outputs-'));
after(() => rm(folder, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(folder, ...parts);
const posix = process.platform === 'win32' ? { skip: 'not on Windows' } : {};

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** @param stdout a file descriptor, or how many lines are read before the pipe is closed */
function v2s(args: string[], { stdout = 'pipe', lines = Infinity }: { stdout?: 'pipe' | number; lines?: number } = {}) {
  return new Promise<Outcome>((done, failed) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, stdio: ['ignore', stdout, 'pipe'] });
    let out = '';
    let err = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.split('\n').length > lines) child.stdout!.destroy();
    });
    child.on('error', failed);
    child.on('close', (code) => done({ code, out, err }));
  });
}

const reprogram = (...rest: string[]): string[] => [
  'reprogram',
  'toy_TRAIN.tsv',
  '--epochs',
  '2',
  '--threads',
  '1',
  ...rest,
];
const USE = ['--program', 'p.v2s.safetensors', '--threads', '1'];

before(async () => {
  const random = new Random(1);
  const row = (c: number): string =>
    [c, ...Array.from({ length: 24 }, (_, t) => Math.sin((c + 1) * 0.5 * t) + 0.1 * random.gaussian())].join('\t');
  await writeFile(at('toy_TRAIN.tsv'), Array.from({ length: 16 }, (_, i) => `${row(i % 2)}\n`).join(''));
  const { code, err } = await v2s(reprogram('--out', 'p.v2s.safetensors'));
  assert.equal(code, 0, err);
});

test('an output that is an input is bad usage before any work, by whatever name', posix, async () => {
  const data = await readFile(at('toy_TRAIN.tsv'));
  const program = await readFile(at('p.v2s.safetensors'));
  await symlink('toy_TRAIN.tsv', at('by-link'));
  await link(at('toy_TRAIN.tsv'), at('by-hard-link'));
  await mkdir(at('maps'));
  await writeFile(at('maps', 'mel.csv'), '0,1,2,3\n1,2,3,4\n');
  const models = resolve('models', 'att-rnn-asc');
  for (const args of [
    reprogram('--out', 'toy_TRAIN.tsv', '--force'),
    reprogram('--out', './by-link', '--force'),
    reprogram('--out', 'by-hard-link', '--force'),
    reprogram('--out', 'o.v2s.safetensors', '--test', 'toy_TRAIN.tsv', '--out', at('toy_TRAIN.tsv')),
    ['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'toy_TRAIN.tsv', '--force'],
    ['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'p.v2s.safetensors', '--force'],
    ['classify', 'toy_TRAIN.tsv', ...USE, '--model', models, '--csv', join(models, 'README.md'), '--force'],
    ['embed', 'toy_TRAIN.tsv', ...USE, '--csv', 'by-link', '--force'],
    ['explain', 'maps/mel.csv', ...USE, '--series', '0', '--out', 'maps', '--force'],
    ['models', 'evaluate', 'att-rnn-asc', 'toy_TRAIN.tsv', '--logits', 'toy_TRAIN.tsv', '--force'],
  ]) {
    const { code, err } = await v2s(args);
    assert.equal(code, 2, `${args.join(' ')}\n${err}`);
    assert.match(err, /would be written over, but it is read here/);
  }
  assert.deepEqual(await readFile(at('toy_TRAIN.tsv')), data);
  assert.deepEqual(await readFile(at('p.v2s.safetensors')), program);
});

test('a file of another kind is replaced with --force only; one of the same kind without', async () => {
  await mkdir(at('other'));
  for (const name of ['notes.txt', 'README.md', 'on-series.csv']) await writeFile(at('other', name), 'mine');
  for (const args of [
    reprogram('--out', 'other/notes.txt'),
    ['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'other/notes.txt'],
    ['embed', 'toy_TRAIN.tsv', ...USE, '--csv', 'other/notes.txt'],
    ['explain', 'toy_TRAIN.tsv', ...USE, '--series', '0', '--out', 'other'],
    ['finetune', 'toy_TRAIN.tsv', '--out', 'other'],
    ['models', 'train', '.', '--architecture', 'att-rnn', '--out', 'other'],
    ['models', 'import-keras', 'absent.h5', '--out', 'other'],
    ['models', 'evaluate', 'att-rnn-asc', '.', '--logits', 'other/notes.txt'],
  ]) {
    const { code, err } = await v2s(args);
    assert.equal(code, 2, `${args.join(' ')}\n${err}`);
    assert.match(err, /exists and is not .*add --force to replace it/);
  }
  for (const name of ['notes.txt', 'README.md', 'on-series.csv'])
    assert.equal(await readFile(at('other', name), 'utf8'), 'mine');

  const forced = await v2s(['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'other/notes.txt', '--force']);
  assert.equal(forced.code, 0, forced.err);
  const again = await v2s(['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'other/notes.txt']);
  assert.equal(again.code, 0, again.err);
  for (let i = 0; i < 2; i++) {
    const explained = await v2s(['explain', 'toy_TRAIN.tsv', ...USE, '--series', '0', '--out', 'maps-of-one']);
    assert.equal(explained.code, 0, explained.err);
  }
});

test('--csv goes through a link and into a pipe', posix, async () => {
  await writeFile(at('target'), 'old');
  await symlink('target', at('link'));
  const linked = await v2s(['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'link', '--force']);
  assert.equal(linked.code, 0, linked.err);
  assert.ok((await lstat(at('link'))).isSymbolicLink());
  const csv = await readFile(at('target'), 'utf8');
  assert.match(csv, /^index,label/);
  spawnSync('mkfifo', [at('pipe')]);
  const reader = spawn('cat', [at('pipe')]);
  let heard = '';
  reader.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
  const ended = new Promise((done) => reader.once('close', done));
  const piped = await v2s(['classify', 'toy_TRAIN.tsv', ...USE, '--csv', 'pipe']);
  assert.equal(piped.code, 0, piped.err);
  await ended;
  assert.equal(heard, csv);
  assert.ok((await lstat(at('pipe'))).isFIFO());
});

test('an input that is a pipe is refused, and the way round is said there and in the help', posix, async () => {
  spawnSync('mkfifo', [at('input.csv')]);
  const refused = await v2s(['classify', 'input.csv', ...USE]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /not a regular file.*Copy what it gives into a file first/);
  assert.match((await v2s(['--help'])).out, /Inputs are regular files: .* must be written into a file first/);
});

test('a run folder that is a file is said so', async () => {
  await writeFile(at('file'), '');
  for (const args of [
    reprogram('--out', 'q.v2s.safetensors', '--runs', 'file'),
    ['explain', 'toy_TRAIN.tsv', ...USE, '--series', '0', '--out', 'file'],
  ]) {
    const { code, err } = await v2s(args);
    assert.equal(code, 1, err);
    assert.match(err, /file is a file; choose a folder\.$/m);
  }
});

test('a run whose program lies elsewhere needs --out to go on', async () => {
  const out = at('elsewhere.v2s.safetensors');
  const started = await v2s(reprogram('--out', out, '--runs', 'sub/runs', '--json'));
  assert.equal(started.code, 0, started.err);
  const { folder: run } = JSON.parse(started.out.split('\n')[0]) as { folder: string };
  await rm(out);
  const refused = await v2s(['reprogram', '--resume', run]);
  assert.equal(refused.code, 2, refused.err);
  assert.match(refused.err, /outside the folder that it belongs to.* Name it with --out/);
  assert.ok(!existsSync(out));
  const agreed = await v2s(['reprogram', '--resume', run, '--out', out]);
  assert.equal(agreed.code, 0, agreed.err);
  assert.ok(existsSync(out));
});

test('output that is lost is no success; a training goes on without its reader', posix, async (t) => {
  const left = await v2s(reprogram('--out', 'unread.v2s.safetensors', '--json'), { lines: 1 });
  assert.equal(left.code, 1);
  assert.match(left.err, /^v2s: Cannot write to standard output: nobody reads it any more\.$/m);
  assert.deepEqual(await readFile(at('unread.v2s.safetensors')), await readFile(at('p.v2s.safetensors')));

  if (!existsSync('/dev/full')) return t.skip('no full device');
  for (const args of [['classify', 'toy_TRAIN.tsv', ...USE], ['models', 'list', '--json'], ['--help']]) {
    const full = openSync('/dev/full', 'w');
    const { code, err } = await v2s(args, { stdout: full });
    closeSync(full);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, /^v2s: Cannot write to standard output: the disk is full/m);
  }
});
