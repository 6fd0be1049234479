// A process of the campaign of slow texts: reads one and says how much processor time that took, ms.
import { createRequire } from 'node:module';

const [, , bundle, bytes] = process.argv;
const engine = createRequire(import.meta.url)(bundle);
const texts = engine.slowTexts(Number(bytes));

process.on('message', async (job) => {
  const work = texts[job].work();
  const before = process.cpuUsage();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof engine.V2SError)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  process.send((user + system) / 1000);
});
