// A process of the memory campaign: reads one file and says what that took.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const [, , bundle, kind, path] = process.argv;
const engine = createRequire(import.meta.url)(bundle);

/** What is kept of a file, bytes. */
const READ = {
  series: async () =>
    (await engine.readSeriesFile(path)).series.reduce((sum, { values }) => sum + values.byteLength, 0),
  card: async () => (await engine.readModelCard(dirname(path), path), 0),
  model: async () => (await engine.inspectModelFile(path), 0),
  words: async () => (await engine.readLabels(path), 0),
  run: async () => (await engine.readRun(dirname(path), false), 0),
  program: async () => (await engine.readProgram(path), 0),
  wav: async () => (await engine.readWav(path)).byteLength,
};

const peak = () => process.resourceUsage().maxRSS * 1024;
const before = process.memoryUsage.rss();
const began = performance.now();
let [outcome, kept] = ['accepted', 0];
try {
  kept = await READ[kind]();
} catch (error) {
  outcome = error instanceof engine.V2SError ? 'refused' : `crash: ${error?.message ?? error}`;
}
process.send({ outcome, kept, ms: performance.now() - began, above: peak() - before });
