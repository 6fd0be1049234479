// workflow/Snakefile with a real Snakemake ($V2S_SNAKEMAKE, or the one on the path).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { writeToyData } from '../support/sweep';
import { V2S } from '../support/v2s-process';

const SNAKEMAKE = process.env.V2S_SNAKEMAKE ?? 'snakemake';
const found = spawnSync(SNAKEMAKE, ['--version'], { encoding: 'utf8' });
const skip = found.status === 0 ? false : 'Snakemake is not installed (pip install snakemake)';

test('Snakemake runs the tasks of a plan and collects them', { skip, timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'v2s-snakemake-'));
  try {
    writeToyData(folder, 'One', 1);
    writeToyData(folder, 'Two', 2);
    await writeFile(
      join(folder, 'plan.yaml'),
      'data: [One_TRAIN.tsv, Two_TRAIN.tsv]\nmethods: [euclidean, dtw-window]\n',
    );
    const args = [
      '--snakefile',
      resolve('workflow/Snakefile'),
      '--cores',
      '2',
      '--nocolor',
      '--config',
      'plan=plan.yaml',
    ];
    const snakemake = () =>
      spawnSync(SNAKEMAKE, [...args, `v2s=${process.execPath} ${V2S}`], { cwd: folder, encoding: 'utf8' });
    const first = snakemake();
    assert.equal(first.status, 0, first.stderr);
    assert.equal((await readdir(join(folder, 'plan.sweep', 'done'))).length, 4);
    assert.match(await readFile(join(folder, 'plan.sweep', 'report.html'), 'utf8'), /4 of 4 runs are done/);
    const again = snakemake();
    assert.match(again.stderr + again.stdout, /Nothing to be done/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
