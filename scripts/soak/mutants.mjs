// Damaged files for every reader, in processes that are ended when one takes too long or too much memory.
import { fork } from 'node:child_process';
import { cpSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as h5wasm from 'h5wasm';
import { METHODS, training, v2s, writeTrain } from './training.mjs';

/** Bounds of one mutant: time, ms, and memory of the whole process that reads it, bytes. */
const DEADLINE = 5000;
/** HDF5 files are read in a thread that has 30 seconds itself. */
const HDF5_DEADLINE = 40_000;
/** They take many times as long as the others, so that only one round in so many has one. */
const HDF5_EVERY = 5;
const MEMORY = 500 * 2 ** 20;
const LOOK_EVERY = 50;

/** @returns rows of the table */
export async function mutantCampaign(about, mutants) {
  const { root, scratch, seed } = about;
  const specimens = await makeSpecimens(about);
  const kept = join(root, '.v2s/soak');
  const count = new Map(
    specimens.map(({ name }) => [
      name,
      { mutants: 0, accepted: 0, refused: 0, crash: 0, misread: 0, hang: 0, memory: 0, slowest: 0, peak: 0 },
    ]),
  );
  let reader = await startReader(about);
  try {
    for (const specimen of specimens) {
      const { outcome, detail } = await reader.read(specimen, null);
      if (outcome !== 'accepted') throw new Error(`The whole ${specimen.name} is ${detail ?? outcome}.`);
    }
    for (let [i, turn] = [0, 0]; i < mutants; turn++) {
      const specimen = specimens[turn % specimens.length];
      if (isHdf5(specimen) && Math.floor(turn / specimens.length) % HDF5_EVERY > 0) continue;
      const mutantSeed = seed * 1_000_000_007 + i++;
      const { outcome, ms, rss, detail } = await reader.read(specimen, mutantSeed);
      const figures = count.get(specimen.name);
      figures.mutants++;
      figures[outcome]++;
      figures.slowest = Math.max(figures.slowest, ms);
      figures.peak = Math.max(figures.peak, rss);
      if (outcome === 'accepted' || outcome === 'refused') continue;
      mkdirSync(kept, { recursive: true });
      copyFileSync(
        join(scratch, 'reader', basename(dirname(specimen.path)), specimen.file),
        join(kept, `${outcome}-${mutantSeed}-${specimen.file}`),
      );
      console.error(`${specimen.name}: ${outcome}, seed ${mutantSeed}${detail ? `\n${detail}` : ''}`);
      if (outcome === 'hang' || outcome === 'memory' || !reader.alive()) {
        reader.end();
        reader = await startReader(about);
      }
    }
  } finally {
    reader.end();
  }
  return specimens.map(({ name }) => {
    const { slowest, peak, ...outcomes } = count.get(name);
    const { crash, misread, hang, memory } = outcomes;
    const figures = Object.entries(outcomes).map(([what, n]) => `${what}: ${n}`);
    return {
      campaign: `mutants of ${name}`,
      figures: `${figures.join(', ')}, slowest: ${slowest.toFixed(0)} ms, process at most ${(peak / 2 ** 20).toFixed(0)} MB`,
      ok: crash + misread + hang + memory === 0,
    };
  });
}

async function startReader({ root, scratch }) {
  const folder = join(scratch, 'reader');
  mkdirSync(folder, { recursive: true });
  const script = fileURLToPath(new URL('./reader.mjs', import.meta.url));
  const child = fork(script, [join(root, 'dist/soak.js'), folder], { execArgv: ['--max-old-space-size=400'] });
  // Messages that came before they were asked for wait.
  const waiting = [];
  let take = null;
  const receive = (message) => (take ? take(message) : waiting.push(message));
  child.on('message', receive);
  child.on('exit', () => receive({ outcome: 'crash: the process ended', ms: 0, rss: 0 }));
  const next = async () =>
    waiting.shift() ?? (await new Promise((done) => (take = (message) => ((take = null), done(message)))));
  await next();
  return {
    alive: () => child.exitCode === null && child.signalCode === null,
    end: () => child.removeAllListeners('exit').kill('SIGKILL'),
    async read(specimen, seed) {
      child.send({ specimen, seed });
      const start = await next();
      if (start.outcome) return tidy(start);
      const answer = next();
      const since = performance.now();
      for (;;) {
        const result = await Promise.race([answer, new Promise((done) => setTimeout(done, LOOK_EVERY))]);
        if (result) return tidy(result);
        const [ms, rss] = [performance.now() - since, memoryOf(child.pid)];
        if (rss > MEMORY) return { outcome: 'memory', ms, rss };
        if (ms > (isHdf5(specimen) ? HDF5_DEADLINE : DEADLINE)) return { outcome: 'hang', ms, rss };
      }
    },
  };
}

const isHdf5 = ({ name }) => name === 'HDF5';

const tidy = ({ outcome, ms, rss }) =>
  outcome.startsWith('crash')
    ? { outcome: 'crash', detail: outcome, ms, rss }
    : { outcome: rss > MEMORY ? 'memory' : outcome, ms, rss };

/** Resident memory of a process, bytes; 0 where the system does not tell (the reader tells it after every mutant). */
function memoryOf(pid) {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A file of every kind, each in a folder of its own. */
async function makeSpecimens(about) {
  const { engine, scratch } = about;
  const specimens = [];
  const add = (name, kind, file, content, sealed = false) => {
    const folder = join(scratch, 'specimens', name.replaceAll(/\W+/g, '-'));
    mkdirSync(folder, { recursive: true });
    const path = join(folder, file);
    if (content !== null) writeFileSync(path, content);
    specimens.push({ name, kind, file, path, sealed });
    return folder;
  };
  const rows = Array.from({ length: 4 }, (_, r) =>
    Array.from({ length: 6 }, (_, i) => (Math.sin(r + i) * 2).toFixed(4)),
  );
  const attributes = rows[0].map((_, i) => `@attribute t${i} numeric\n`).join('');
  add(
    '.csv',
    'series',
    'a.csv',
    `label,${rows[0].map((_, i) => `t${i}`).join(',')}\n${rows.map((row, r) => `${'ab'[r % 2]},${row.join(',')}\n`).join('')}`,
  );
  add('.tsv', 'series', 'a.tsv', rows.map((row, r) => `${r % 2}\t${row.join('\t')}\n`).join(''));
  add('.txt', 'series', 'a.txt', rows.map((row, r) => `  ${r % 2}  ${row.join('  ')}\n`).join(''));
  add(
    '.ts',
    'series',
    'a.ts',
    `@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n${rows.map((row, r) => `${row.join(',')}:${'ab'[r % 2]}\n`).join('')}`,
  );
  add(
    '.arff',
    'series',
    'a.arff',
    `@relation x\n${attributes}@attribute class {a,b}\n@data\n${rows.map((row, r) => `${row.join(',')},${'ab'[r % 2]}\n`).join('')}`,
  );
  add('WAV', 'wav', 'a.wav', engine.encodeWav(Int16Array.from({ length: 1600 }, (_, i) => 1000 * Math.sin(i / 9))));
  add('card.json', 'card', 'card.json', readFileSync(join(about.root, 'models/att-rnn-asc/card.json')));

  const layers = add('model.json', 'model', 'model.json', null);
  const json = JSON.parse(readFileSync(engine.writeSmallLayersModel(layers), 'utf8'));
  add('HDF5', 'model', 'a.h5', await kerasFile(json, readFileSync(join(layers, 'weights.bin'))));

  const train = writeTrain(about);
  let run = '';
  for (const method of METHODS) {
    const folder = join(scratch, 'specimens', method);
    const out = join(folder, 'trained.v2s.safetensors');
    const trained = await v2s(about, training(method, train, '--out', out, '--runs', join(folder, 'runs')));
    if (trained.code !== 0) throw new Error(trained.err);
    run = join(folder, 'runs', readdirSync(join(folder, 'runs'))[0]);
    const checkpoint = readFileSync(join(run, 'checkpoint.safetensors'));
    add(`program, ${method}`, 'program', 'a.v2s.safetensors', readFileSync(out), true);
    add(`checkpoint, ${method}`, `checkpoint-${method}`, 'checkpoint.safetensors', checkpoint, true);
  }
  for (const file of ['config.json', 'metrics.jsonl', 'log.jsonl', 'run.lock']) {
    const folder = add(`run: ${file}`, 'run', file, null);
    for (const name of ['config.json', 'metrics.jsonl', 'log.jsonl']) cpSync(join(run, name), join(folder, name));
    const path = join(folder, file);
    if (!existsSync(path))
      writeFileSync(path, JSON.stringify({ nonce: 'n', pid: 1, host: 'x', boot: null, started: '1' }));
  }
  return specimens;
}

/** The small model of layers as Keras 2 saves it. */
async function kerasFile({ modelTopology, weightsManifest }, bytes) {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/specimen.h5', 'w');
  file.create_attribute('model_config', JSON.stringify(modelTopology));
  file.create_attribute('keras_version', '2.11.0');
  const all = file.create_group('model_weights');
  const groups = new Map();
  let at = 0;
  for (const { name, shape } of weightsManifest[0].weights) {
    const [layer, weight] = name.split('/');
    if (!groups.has(layer)) groups.set(layer, []);
    const size = shape.reduce((product, n) => product * n, 1);
    const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 4 * size));
    groups.get(layer).push({ name: `${weight}:0`, shape, data });
    at += 4 * size;
  }
  for (const { config } of modelTopology.config.layers) {
    const group = all.create_group(config.name);
    const weights = groups.get(config.name);
    if (!weights) continue;
    group.create_attribute(
      'weight_names',
      weights.map(({ name }) => `${config.name}/${name}`),
    );
    const inner = group.create_group(config.name);
    for (const weight of weights) inner.create_dataset(weight);
  }
  file.close();
  return FS.readFile('/specimen.h5');
}
