// How long a person waits in a real VS Code: figures as diagnostics, never a reason to fail. `npm run bench:editor` runs this alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Frame } from 'playwright-core';
import { panel, SAMPLES, VSIX } from './product';
import { editorTest } from './session';
import type { Workbench } from './workbench';

/** Moves of the cursor that are timed, after some that are not. */
const MOVES = 25;
const WARM_UP = 4;

const workspace = mkdtempSync(join(tmpdir(), 'v2s-speed-'));
after(() => rmSync(workspace, { recursive: true, force: true }));
cpSync(join(SAMPLES, 'CBF'), workspace, { recursive: true });
const trained = spawnSync(
  process.execPath,
  [
    'dist/v2s.js',
    'reprogram',
    join(workspace, 'CBF_TRAIN.tsv'),
    '--method',
    'theta',
    '--epochs',
    '2',
    '--runs',
    join(workspace, '.v2s'),
  ].concat(['--out', join(workspace, 'CBF.v2s.safetensors')]),
  { encoding: 'utf8' },
);
assert.equal(trained.status, 0, trained.stderr);

/** Notes, in ms since 1970, when each line of the series that is shown has been drawn: its text is there and a frame has passed. */
const NOTE_DRAWN = `(() => {
  const head = document.querySelector('.head');
  window.v2sDrawn = [];
  new MutationObserver(() => {
    const line = Number(/line (\\d+)/.exec(head.textContent)?.[1]);
    requestAnimationFrame(() => setTimeout(() => window.v2sDrawn.push({ line, at: performance.timeOrigin + performance.now() })));
  }).observe(head, { subtree: true, childList: true, characterData: true });
})()`;

/** Notes when keys are pressed in the window of VS Code, and when its own status bar has shown a line: what the editor itself needs. */
const NOTE_KEYS = `(() => {
  window.v2sKeys = [];
  window.addEventListener('keydown', ({ key, timeStamp }) => window.v2sKeys.push({ key, at: performance.timeOrigin + timeStamp }), true);
  window.v2sStatus = [];
  const bar = document.querySelector('.part.statusbar');
  new MutationObserver(() => {
    const line = Number(/Ln (\\d+),/.exec(bar.textContent)?.[1]);
    requestAnimationFrame(() => setTimeout(() => window.v2sStatus.push({ line, at: performance.timeOrigin + performance.now() })));
  }).observe(bar, { subtree: true, childList: true, characterData: true });
})()`;

async function drawnAt(frame: Frame, line: number): Promise<number> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const drawn = (await frame.evaluate('window.v2sDrawn')) as { line: number; at: number }[];
    const found = drawn.find((entry) => entry.line === line);
    if (found) return found.at;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Line ${line} was not drawn.`);
}

/** Milliseconds, ascending, from the key that moves the cursor a line down to the line on the screen. */
interface Waits {
  /** its saliency in the panel */
  saliency: number[];
  /** its number in the status bar of the editor */
  statusBar: number[];
}

async function followTimes(workbench: Workbench): Promise<Waits> {
  const { page } = workbench;
  const frame = await panel(workbench, 'saliency');
  await frame.evaluate(NOTE_DRAWN);
  await page.evaluate(NOTE_KEYS);
  await page
    .locator('.monaco-editor .view-line')
    .first()
    .click({ position: { x: 30, y: 8 } });
  const waits: Waits = { saliency: [], statusBar: [] };
  for (let line = 2; line < 2 + WARM_UP + MOVES; line++) {
    await page.keyboard.press('ArrowDown');
    const drawn = await drawnAt(frame, line);
    const [keys, bar] = (await page.evaluate('[window.v2sKeys, window.v2sStatus]')) as [
      { key: string; at: number }[],
      { line: number; at: number }[],
    ];
    const pressed = keys.findLast(({ key }) => key === 'ArrowDown')!.at;
    if (line >= 2 + WARM_UP) {
      waits.saliency.push(drawn - pressed);
      waits.statusBar.push(bar.find((entry) => entry.line === line)!.at - pressed);
    }
    // The tints of the rows that came into view are computed, too; a person looks a moment.
    await page.waitForTimeout(700);
  }
  for (const times of [waits.saliency, waits.statusBar]) times.sort((a, b) => a - b);
  return waits;
}

editorTest(
  'speed: activation, and saliency after a move of the cursor',
  { vsix: [VSIX], workspace, timeout: 600_000 },
  async ({ workbench }, t) => {
    const { page } = workbench;
    await workbench.openFile('CBF_TEST.tsv');
    await workbench.runCommand('V2S: Show Saliency');
    await panel(workbench, 'saliency');
    const { saliency, statusBar } = await followTimes(workbench);
    const share = (part: number, times = saliency): string => times[Math.floor(part * (times.length - 1))].toFixed(0);
    t.diagnostic(
      `saliency, from the key to the picture: median ${share(0.5)} ms, fastest ${share(0)} ms, 90th percentile ${share(0.9)} ms (bar 150 ms)`,
    );
    t.diagnostic(`to the editor's own status bar in the same moves: median ${share(0.5, statusBar)} ms`);

    // VS Code's own figure: loading the bundle and activating.
    await workbench.runCommand('Developer: Show Running Extensions');
    const row = page.locator('.runtime-extensions-editor .extension', { hasText: /^V2S|Voice2Series/ }).first();
    await row.waitFor();
    const told = await row.locator('.activation-time').innerText();
    t.diagnostic(`activation as VS Code tells it: ${told} (bar 100 ms)`);
    await workbench.screenshot('running-extensions');
  },
);
