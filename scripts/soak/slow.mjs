// Text that is made to be slow, of the length that is asked for: the worst time of every reader.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bar: processor time of one reading of 1 MB, ms. */
const BAR = 1000;
/** A reader that takes longer than this is ended, ms. */
const DEADLINE = 60_000;

/** @returns rows of the table */
export async function slowCampaign({ root, engine }, bytes) {
  const worst = new Map();
  let job = 0;
  let child = null;
  const texts = engine.slowTexts(bytes);
  while (job < texts.length) {
    child ??= fork(
      fileURLToPath(new URL('./timer.mjs', import.meta.url)),
      [join(root, 'dist/soak.js'), String(bytes)],
      {
        execArgv: ['--max-old-space-size=1500'],
      },
    );
    child.send(job);
    const answer = await new Promise((done) => {
      const timer = setTimeout(() => done(null), DEADLINE);
      const settle = (message) => (clearTimeout(timer), child.removeAllListeners(), done(message));
      child.once('message', settle).once('exit', () => settle(null));
    });
    const { reader, what } = texts[job++];
    const ms = answer ?? DEADLINE;
    if (answer === null) {
      child.removeAllListeners();
      child.kill('SIGKILL');
      child = null;
    }
    const figures = worst.get(reader) ?? { texts: 0, ms: 0, what: '' };
    figures.texts++;
    if (ms > figures.ms) Object.assign(figures, { ms, what });
    worst.set(reader, figures);
  }
  child?.kill();
  const size = bytes === 1_000_000 ? '1 MB' : `${bytes} bytes`;
  return [...worst].map(([reader, { texts, ms, what }]) => ({
    campaign: `${size} of slow text: ${reader}`,
    figures: `texts: ${texts}, slowest: ${ms.toFixed(0)} ms of processor time, of ${inCell(what)}`,
    ok: ms <= BAR,
  }));
}

/** A text as it may stand in a cell of a table of Markdown. */
function inCell(text) {
  return `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}
