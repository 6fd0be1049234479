// Files as large as their kind may be, made to take much memory: what viewing one takes beyond the file and what is kept of it.
import { fork } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { training, v2s, writeTrain } from './training.mjs';

/** The bar: memory beyond the file, or the values that are kept of it if they take more, MB. */
const BAR = 300;
const MB = 2 ** 20;
/** A reader that takes longer than this is ended, ms. */
const DEADLINE = 300_000;

const TS = '@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n';
const NESTED = '[[],[{}]],';

/** Sizes in a header are written when the file has its own. */
const word = (file, value, at) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  writeSync(file, bytes, 0, 4, at);
};
const WAV = Buffer.from('RIFF____WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data____', 'latin1');

/** `most`: megabytes, where a file of the kind, or a row of it, may have no more; such a file is read whole. */
const FILES = [
  { name: 'short rows.csv', kind: 'series', body: 'a,1.5,2.5\n' },
  { name: 'labels of their own.csv', kind: 'series', body: (i) => `x${i},1.5,2.5\n` },
  { name: 'one row.csv', kind: 'series', most: 63, head: 'a', body: ',1.25' },
  { name: 'delimiters.csv', kind: 'series', most: 63, body: ',' },
  { name: 'open quotes.csv', kind: 'series', most: 63, body: '"a\n' },
  { name: 'empty lines.csv', kind: 'series', body: '\n' },
  { name: 'rows that unpack to a thousandfold.csv.gz', kind: 'series', most: 0.5, body: gzipSync('a,1.5,2.5\n'.repeat(1e5)) },
  { name: 'empty lines that unpack to a thousandfold.csv.gz', kind: 'series', most: 0.5, body: gzipSync('\n'.repeat(1e6)) },
  { name: 'comments that could be rows.csv', kind: 'series', body: '#0,1,2,3,4,5,6,7,8,9\n' },
  { name: 'blanks.txt', kind: 'series', most: 63, head: 'a', body: '  1' },
  { name: 'cases.ts', kind: 'series', head: TS, body: '1,2:a\n' },
  { name: 'attributes.arff', kind: 'series', head: '@relation x\n', body: (i) => `@attribute v${i} numeric\n`, tail: '@data\n1\n' },
  { name: 'classes.arff', kind: 'series', most: 63, head: '@attribute v numeric\n@attribute c {a', body: (i) => `,x${i}`, tail: '}\n@data\n1,a\n' },
  { name: 'card.json', kind: 'card', most: 4, head: '{"format":[', body: NESTED, tail: '[]]}' },
  { name: 'model.json', kind: 'model', most: 8, head: '{"modelTopology":{"config":{"layers":[', body: NESTED, tail: '[]]}}}' },
  { name: 'words.txt', kind: 'words', most: 4, body: 'a\n' },
  { name: 'config.json', kind: 'run', most: 4, head: '{"format":[', body: NESTED, tail: '[]]}' },
  { name: 'metrics.jsonl', kind: 'run', most: 64, body: '{"a":[]}\n' },
  { name: 'log.jsonl', kind: 'run', most: 64, body: '{"time":0,"level":"info","text":""}\n' },
  {
    name: 'p.v2s.safetensors',
    kind: 'program',
    most: 32,
    head: '________{"__metadata__":{"format":"v2s-program","program":"',
    body: '[[],[[]]],',
    tail: '[]"}}',
    finish: (file, size) => (word(file, size - 8, 0), word(file, 0, 4)),
  },
  { name: 'clip.wav', kind: 'wav', most: 256, head: WAV, body: 'ab', finish: (file, size) => word(file, size - WAV.length, 40) },
]; // prettier-ignore

/** @param megabytes of a file; less where its kind may have no more @returns rows of the table */
export async function memoryCampaign(about, megabytes) {
  const folder = join(about.scratch, 'memory');
  const run = join(folder, 'run');
  mkdirSync(folder, { recursive: true });
  const out = join(folder, 'trained.v2s.safetensors');
  const trained = await v2s(about, training('theta', writeTrain(about), '--out', out, '--runs', join(folder, 'runs')));
  if (trained.code !== 0) throw new Error(trained.err);
  const [whole] = readdirSync(join(folder, 'runs'));
  const rows = [];
  for (const specimen of FILES) {
    const { name, kind, most = Infinity } = specimen;
    if (kind === 'run') cpSync(join(folder, 'runs', whole), run, { recursive: true });
    const path = join(kind === 'run' ? run : folder, name);
    write(path, specimen, Math.min(megabytes, most) * MB);
    const { size } = statSync(path);
    const { outcome, ms, above, kept } = await measure(about, kind, path);
    const beyond = Math.max(0, above - Math.max(size, kept));
    const inMB = (bytes) => `${(bytes / MB).toFixed(0)} MB`;
    rows.push({
      campaign: `memory of ${name}`,
      figures: `file: ${inMB(size)}, ${outcome}, values kept: ${inMB(kept)}, memory above that before: ${inMB(above)}, beyond the larger of the two: ${inMB(beyond)}, ${(ms / 1000).toFixed(1)} s`,
      ok: (outcome === 'accepted' || outcome === 'refused') && beyond <= BAR * MB,
    });
    rmSync(kind === 'run' ? run : path, { recursive: true });
  }
  return rows;
}

/** A file of so many bytes at most. */
function write(path, { head = '', body, tail = '', finish }, bytes) {
  const file = openSync(path, 'w');
  let size = writeSync(file, head);
  const room = bytes - tail.length;
  for (let i = 0; size < room;) {
    const most = Math.min(MB, room - size);
    const chunk = [];
    let length = 0;
    for (;;) {
      const piece = typeof body === 'function' ? body(i) : body;
      if (length + piece.length > most) break;
      chunk.push(piece);
      length += piece.length;
      i++;
    }
    if (length === 0) break;
    size += writeSync(file, Buffer.isBuffer(body) ? Buffer.concat(chunk) : chunk.join(''));
  }
  size += writeSync(file, tail);
  finish?.(file, size);
  closeSync(file);
}

/** Reads a file in a process of its own. `above`: resident memory at its peak beyond that before, bytes. */
async function measure({ root }, kind, path) {
  const script = fileURLToPath(new URL('./viewer.mjs', import.meta.url));
  const child = fork(script, [join(root, 'dist/soak.js'), kind, path]);
  return await new Promise((done) => {
    const settle = (answer) => (clearTimeout(timer), child.removeAllListeners().kill('SIGKILL'), done(answer));
    const failed = (outcome) => settle({ outcome, ms: 0, above: 0, kept: 0 });
    const timer = setTimeout(() => failed('hang'), DEADLINE);
    child.once('message', settle).once('exit', (code, signal) => failed(`crash (${signal ?? code})`));
  });
}
