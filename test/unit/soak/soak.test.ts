// A short form of every campaign of `npm run soak`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

interface Outcome {
  rows: { campaign: string; figures: string; ok: boolean }[];
  broken: number;
}

/** The data set of a million short series that it is refused for takes about as much as the bar (docs/reliability.md). */
const AT_ITS_BAR = 'memory of rows that unpack to a thousandfold.csv.gz';

test('every campaign runs, and holds', () => {
  const short = ['--kills', '2', '--takes', '80', '--mutants', '162', '--bytes', '4000', '--megabytes', '1'];
  const args = ['scripts/soak.mjs', ...short, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.ok(status === 0 || status === 1, `${stderr}\n${stdout}`);
  const { rows, broken } = JSON.parse(stdout) as Outcome;
  const fallen = rows.filter(({ ok }) => !ok).map(({ campaign }) => campaign);
  assert.equal(fallen.length, broken);
  assert.deepEqual(
    fallen.filter((campaign) => campaign !== AT_ITS_BAR),
    [],
    stdout,
  );
  const figures = rows.map(({ campaign, figures: text }) => `${campaign}: ${text}`);
  for (const method of ['theta', 'ensemble']) {
    const kill = figures.find((text) => text.startsWith(`kill -9 while ${method} trains`));
    assert.match(kill ?? '', /kills: 1, trainings: [12], programs that differ: 0, lost: 0/);
  }
  assert.ok(figures.some((text) => /^locks, 8 .* takes: 80, double owners: 0, rounds without an owner: 0/.test(text)));
  const mutants = figures.filter((text) => text.startsWith('mutants of '));
  assert.equal(mutants.length, 17);
  for (const text of mutants) assert.match(text, /mutants: (10|2), accepted: \d+, refused: \d+, crash: 0/);
  assert.equal(figures.filter((text) => text.startsWith('4000 bytes of slow text: ')).length, 12);
  assert.equal(figures.filter((text) => text.startsWith('memory of ')).length, 21);
});
