// A training small enough to be done hundreds of times.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SERIES = 16;
const VALUES = 24;

/** Writes a TRAIN file of two classes. @returns its path */
export function writeTrain({ engine, scratch, seed }) {
  const random = new engine.Random(seed);
  const row = (c) => [
    c,
    ...Array.from({ length: VALUES }, (_, t) => Math.sin((c + 1) * 0.5 * t) + 0.1 * random.gaussian()),
  ];
  const path = join(scratch, 'toy_TRAIN.tsv');
  writeFileSync(path, Array.from({ length: SERIES }, (_, i) => `${row(i % 2).join('\t')}\n`).join(''));
  return path;
}

/**
 * Runs `v2s`, and kills it after some time where one is given.
 * @param after ms; null: never
 * @returns exit code (null when killed), output, and how long it took, ms
 */
export function v2s({ program, scratch }, args, after = null) {
  return new Promise((done, failed) => {
    const began = performance.now();
    const child = spawn(process.execPath, [program, ...args], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    const timer = after === null ? null : setTimeout(() => child.kill('SIGKILL'), after);
    child.on('error', failed);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, out, err, ms: performance.now() - began });
    });
  });
}

const OPTIONS = {
  theta: ['--epochs', '6', '--validation', '0', '--replicas', '3'],
  ensemble: ['--members', '12'],
};
export const METHODS = Object.keys(OPTIONS);

export const training = (method, train, ...rest) => [
  ...['reprogram', train, '--method', method, ...OPTIONS[method], '--threads', '1', '--json'],
  ...rest,
];
