// Trainings are killed at any moment and resumed until they end: the program is bit for bit that of a training that was left alone.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METHODS, training, v2s, writeTrain } from './training.mjs';

/** @returns rows of the table */
export async function killCampaign(about, kills) {
  const { engine, seed } = about;
  const random = new engine.Random(seed);
  const train = writeTrain(about);
  const rows = [];
  for (const [m, method] of METHODS.entries())
    rows.push(await killTrainings(about, method, train, Math.floor((kills + m) / METHODS.length), random));
  return rows;
}

async function killTrainings(about, method, train, kills, random) {
  const { scratch } = about;
  const folder = join(scratch, method);
  const wholeOut = join(folder, 'whole.v2s.safetensors');
  const whole = await v2s(about, training(method, train, '--out', wholeOut, '--runs', join(folder, 'whole')));
  if (whole.code !== 0) throw new Error(whole.err);
  const expected = readFileSync(wholeOut);
  const count = { kills: 0, runs: 0, mismatches: 0, lost: 0, failures: 0, leftovers: 0 };
  while (count.kills < kills) {
    const name = `killed-${count.runs++}`;
    const runs = join(folder, name, 'runs');
    const out = join(folder, name, 'p.v2s.safetensors');
    for (let ended = false; !ended;) {
      const run = runIn(runs);
      const args = run
        ? ['reprogram', '--resume', join(runs, run), '--json']
        : training(method, train, '--out', out, '--runs', runs);
      const had = existsSync(out);
      const { code, signal, err } = await v2s(about, args, count.kills < kills ? random.uniform() * whole.ms : null);
      if (signal) count.kills++;
      else if (code !== 0) {
        count.failures++;
        console.error(err);
      }
      if (had && !existsSync(out)) count.lost++;
      ended = !signal;
    }
    if (!existsSync(out)) count.lost++;
    else if (!readFileSync(out).equals(expected)) count.mismatches++;
    const run = runIn(runs);
    if (run)
      count.leftovers += readdirSync(join(runs, run)).filter(
        (entry) => entry.startsWith('.') || entry.startsWith('run.lock'),
      ).length;
  }
  const { mismatches, lost, failures, leftovers } = count;
  return {
    campaign: `kill -9 while ${method} trains, resumed`,
    figures: `kills: ${count.kills}, trainings: ${count.runs}, programs that differ: ${mismatches}, lost: ${lost}, resumptions that failed: ${failures}, files left behind: ${leftovers}`,
    ok: mismatches + lost + failures + leftovers === 0,
  };
}

/** The name of the run in a folder of runs; one that was killed before it had a configuration is none. */
function runIn(runs) {
  if (!existsSync(runs)) return undefined;
  return readdirSync(runs).find((name) => existsSync(join(runs, name, 'config.json')));
}
