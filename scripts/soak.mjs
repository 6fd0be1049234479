// What the promises of docs/reliability.md rest on: runs killed anywhere, locks taken by many at once, damaged files for every reader, text
// that is made to be slow, and files that are made to be large.
//   npm run soak -- [--kills 200] [--takes 1000] [--mutants 100000] [--bytes 1000000] [--megabytes 256] [--seed 1]
//     [--only kill,lock,mutants,slow,memory] [--json]
// Build first (npm run build). Prints a table of figures; exits with 1 when a promise was broken. Mutants that broke one are kept in
// .v2s/soak.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from './engine.mjs';
import { root } from './set-up.mjs';
import { killCampaign } from './soak/kill.mjs';
import { lockCampaign } from './soak/locks.mjs';
import { memoryCampaign } from './soak/memory.mjs';
import { mutantCampaign } from './soak/mutants.mjs';
import { slowCampaign } from './soak/slow.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    takes: { type: 'string', default: '1000' },
    mutants: { type: 'string', default: '100000' },
    bytes: { type: 'string', default: '1000000' },
    megabytes: { type: 'string', default: '256' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'kill,lock,mutants,slow,memory' },
    json: { type: 'boolean', default: false },
  },
});
const only = values.only.split(',');
const program = join(root, 'dist/v2s.js');
if (!existsSync(program)) throw new Error('Build first: npm run build.');

const engine = await loadEngine('soak', [
  'math/random',
  'runs/run-lock',
  'runs/run-history',
  'series/index',
  'acoustic/import/model-file',
  'acoustic/store',
  'audio/wav',
  'files/safetensors',
  'reprogram/program',
  'reprogram/checkpoint',
  'reprogram/ensemble-checkpoint',
  'reprogram/classifier',
  'rendering/placement',
  'errors',
  'acoustic/import/labels-file',
  '../../test/unit/support/small-layers-model',
  '../../test/unit/support/slow-texts',
]);
const scratch = mkdtempSync(join(tmpdir(), 'v2s-soak-'));
const about = { root, program, engine, scratch, seed: Number(values.seed) };
const rows = [];
try {
  if (only.includes('kill')) rows.push(...(await killCampaign(about, Number(values.kills))));
  if (only.includes('lock')) rows.push(...(await lockCampaign(about, Number(values.takes))));
  if (only.includes('mutants')) rows.push(...(await mutantCampaign(about, Number(values.mutants))));
  if (only.includes('slow')) rows.push(...(await slowCampaign(about, Number(values.bytes))));
  if (only.includes('memory')) rows.push(...(await memoryCampaign(about, Number(values.megabytes))));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
const where = `${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}, ${process.platform}, processors: ${cpus().length}`;
const broken = rows.filter(({ ok }) => !ok).length;
if (values.json) console.log(JSON.stringify({ where, rows, broken }));
else {
  console.log(`${where}\n\n| campaign | figures | holds |\n|---|---|---|`);
  for (const { campaign, figures, ok } of rows) console.log(`| ${campaign} | ${figures} | ${ok ? 'yes' : '**no**'} |`);
}
process.exit(broken > 0 ? 1 : 0);
