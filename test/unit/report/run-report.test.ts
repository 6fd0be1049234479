// The report of a run as a file: it needs nothing from anywhere, names are text, and the figures are those of the program.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { writeReport } from '../../../src/engine/report';
import { Run } from '../../../src/engine/runs';
import { parseReprogramOptions, type ReprogramOptions } from '../../../src/engine/reprogram';
import { BROWSER_ARGUMENTS, findBrowser } from '../../../scripts/vscode/browser.mjs';

const LABELS = ['<img src=x onerror=alert(1)>', 'b"&'];

function table(each: number, shift: number): string {
  const row = (i: number): string =>
    [`"${LABELS[i % 2].replaceAll('"', '""')}"`]
      .concat(Array.from({ length: 24 }, (_, x) => Math.sin((1 + (i % 2)) * 0.5 * x + shift + 0.1 * i).toFixed(4)))
      .join(',');
  return Array.from({ length: 2 * each }, (_, i) => `${row(i)}\n`).join('');
}

/** Addresses anywhere in the page, tags of foreign text aside. */
const ADDRESS = /https?:|\b(src|href|srcset|action)\s*=|url\(|@import|<script|<link|<iframe/i;

async function reported(folder: string, options: Partial<ReprogramOptions>): Promise<{ out: string; program: string }> {
  const [train, tested] = [join(folder, 'Waves_TRAIN.csv'), join(folder, 'Waves_TEST.csv')];
  await writeFile(train, table(8, 0));
  await writeFile(tested, table(5, 0.3));
  const program = join(folder, `${options.method}.v2s.safetensors`);
  const run = await Run.prepare({
    ...{ train, test: tested, read: {}, model: 'att-rnn-asc', modelRoots: [join(process.cwd(), 'models')] },
    ...{ options: parseReprogramOptions(options), threads: 1, out: program, runs: join(folder, 'runs') },
  });
  try {
    await run.execute();
  } finally {
    await run.release();
  }
  const out = join(folder, `${options.method}.html`);
  await writeReport({ run: run.folder.path, out, version: '1.2.3' });
  // A report may be written anew; another file may not be lost.
  await writeReport({ run: program, out, version: '1.2.3' });
  await assert.rejects(writeReport({ run: program, out: train, version: '1.2.3' }), { code: 'output.exists' });
  return { out, program };
}

test('a report opens from the disk with no request to anywhere: theta and ensemble', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-report-'));
  t.after(() => rm(folder, { recursive: true }));
  const made = [
    await reported(folder, { method: 'theta', epochs: 2, replicas: 1 }),
    await reported(folder, { method: 'ensemble', members: 4 }),
  ];
  for (const { out, program } of made) {
    const text = await readFile(out, 'utf8');
    const sha256 = createHash('sha256')
      .update(await readFile(program))
      .digest('hex');
    assert.ok(text.includes(sha256), 'checksum of the program');
    assert.ok(text.includes('&lt;img src=x onerror=alert(1)&gt;') && !text.includes('<img'));
    assert.doesNotMatch(text.replaceAll('&lt;img src=x onerror=alert(1)&gt;', ''), ADDRESS);
    assert.match(text, /<path class="line first" d="M\d/);
    assert.doesNotMatch(text, /NaN|undefined|\[object/);
  }
  const executablePath = await Promise.resolve()
    .then(findBrowser)
    .catch(() => null);
  if (!executablePath) return t.diagnostic('There is no browser to open the report with.');
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_ARGUMENTS] });
  try {
    for (const { out } of made) {
      const page = await browser.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(pathToFileURL(out).href);
      assert.deepEqual([requests, complaints], [[pathToFileURL(out).href], []]);
      assert.equal(await page.locator('.confusion tr').count(), 3);
      assert.equal(await page.locator('svg').first().isVisible(), true);
    }
  } finally {
    await browser.close();
  }
});
