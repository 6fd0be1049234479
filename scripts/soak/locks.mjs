// Processes take the lock of one folder at the same moment, over nothing and over whatever was left: one of them has it.
import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TAKERS = 8;
const LEFT = {
  nothing: () => null,
  'a dead process': () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname() }),
  'a reused process number': () => ({ pid: process.pid, host: hostname(), boot: null, started: 'long ago' }),
  'another machine': () => ({ pid: 1, host: `not-${hostname()}` }),
  rubbish: () => 'rubbish',
};

/** @returns rows of the table */
export async function lockCampaign({ scratch, root }, takes) {
  const taker = fileURLToPath(new URL('./taker.mjs', import.meta.url));
  const ended = () => {
    throw new Error('A process of the lock campaign ended.');
  };
  const takers = Array.from({ length: TAKERS }, () => {
    const child = fork(taker, [join(root, 'dist/soak.js')]);
    return child.on('exit', ended);
  });
  const answers = (message) =>
    Promise.all(
      takers.map((child) => {
        child.send(message);
        return new Promise((done) => child.once('message', done));
      }),
    );
  const kinds = Object.keys(LEFT);
  const count = { rounds: 0, double: 0, none: 0, failures: 0, leftovers: 0 };
  const began = performance.now();
  try {
    await answers({ do: 'nothing' });
    for (; count.rounds * TAKERS < takes; count.rounds++) {
      const folder = join(scratch, `lock-${count.rounds}`);
      mkdirSync(folder);
      const left = LEFT[kinds[count.rounds % kinds.length]]();
      if (left !== null) {
        writeFileSync(join(folder, 'run.lock'), typeof left === 'string' ? left : JSON.stringify(left));
        utimesSync(join(folder, 'run.lock'), new Date(0), new Date(0));
      }
      const results = await answers({ do: 'take', folder });
      const owners = results.filter((result) => result === 'owner').length;
      if (owners > 1) count.double++;
      if (owners === 0) count.none++;
      count.failures += results.filter((result) => result !== 'owner' && result !== 'run.busy').length;
      await answers({ do: 'release' });
      count.leftovers += readdirSync(folder).length;
    }
  } finally {
    for (const child of takers) child.off('exit', ended).kill();
  }
  const { rounds, double, none, failures, leftovers } = count;
  return [
    {
      campaign: `locks, ${TAKERS} processes at once`,
      figures: `takes: ${rounds * TAKERS}, double owners: ${double}, rounds without an owner: ${none}, failures: ${failures}, files left behind: ${leftovers}, ${((performance.now() - began) / 1000).toFixed(1)} s`,
      ok: double + none + failures + leftovers === 0,
    },
  ];
}
