// A process of the mutant campaign: damages a specimen as a seed says, reads it, and tells how that went.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { damageBytes, damageText } from './damage.mjs';

const [, , bundle, folder] = process.argv;
const engine = createRequire(import.meta.url)(bundle);
const clip = new Float32Array(engine.CLIP_SAMPLES);

/** How a mutant is read, by the kind of its specimen. `sealed` formats find any damage: what is accepted is what was written. */
const READ = {
  series: async (path) => void (await engine.readSeriesFile(path)),
  model: async (path) => void (await engine.inspectModelFile(path)),
  card: async (path) => void (await engine.readModelCard(dirname(path))),
  wav: async (path) => void (await engine.readWav(path)),
  run: async (path) => void (await engine.readRun(dirname(path), false)),
  program: async (path) => {
    const program = await engine.readProgram(path);
    for (const { rendering, parameters } of engine.classifierOf(program).members)
      rendering.render([1, 2, 3, 4], parameters, clip);
    return program;
  },
  'checkpoint-theta': async (path) => engine.decodeCheckpoint(readFileSync(path), path),
  'checkpoint-ensemble': async (path) => engine.decodeEnsembleCheckpoint(readFileSync(path), path),
};
const originals = new Map();

/** A sealed file with another document and the right checksum, as somebody makes it who means harm. */
function resealed(random, bytes) {
  const { tensors, metadata } = engine.decodeSafetensors(bytes, 'specimen');
  const key = 'program' in metadata ? 'program' : 'checkpoint';
  const document = damageText(random, metadata[key]);
  const hash = createHash('sha256').update(document);
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name);
    hash.update(`${name}[${shape.join(',')}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return engine.encodeSafetensors({ tensors, metadata: { ...metadata, [key]: document, sha256: hash.digest('hex') } });
}

/** @param seed null: nothing is damaged */
function mutantOf({ path, kind, sealed }, seed) {
  const bytes = readFileSync(path);
  if (seed === null) return { bytes };
  const random = new engine.Random(seed);
  const way = random.uniform();
  if (sealed && way < 0.5) return { bytes: resealed(random, bytes), forged: true };
  const isText = kind !== 'wav' && !sealed && !path.endsWith('.h5');
  if (isText && way < 0.5) return { bytes: Buffer.from(damageText(random, bytes.toString('utf8'))) };
  return { bytes: damageBytes(random, bytes) };
}

process.on('message', async ({ specimen, seed }) => {
  const { kind, path, sealed } = specimen;
  const where = join(folder, basename(dirname(path)));
  // What lies beside the file belongs to it: the weights of a model, the rest of a run.
  if (!existsSync(where)) cpSync(dirname(path), where, { recursive: true });
  const mutant = join(where, basename(path));
  const { bytes, forged } = mutantOf(specimen, seed);
  writeFileSync(mutant, bytes);
  process.send({ began: true });
  const began = performance.now();
  let outcome;
  try {
    const read = await READ[kind](mutant);
    outcome = 'accepted';
    if (sealed && !forged) {
      if (!originals.has(path)) originals.set(path, JSON.stringify(await READ[kind](path)));
      if (JSON.stringify(read) !== originals.get(path)) outcome = 'misread';
    }
  } catch (error) {
    outcome = error instanceof engine.V2SError && seed !== null ? 'refused' : `crash: ${error?.stack ?? error}`;
  }
  process.send({ outcome, ms: performance.now() - began, rss: process.memoryUsage.rss() });
});
process.send({ ready: true });
