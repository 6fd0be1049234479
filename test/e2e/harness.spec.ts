// The harness tested by itself, with a small extension: what the product's tests rely on works in this VS Code.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { packageExtension } from '../../scripts/vscode/vsix.mjs';
import { editorTest } from './session';
import { THEME_NAMES } from './workbench';

const scratch = await mkdtemp(join(tmpdir(), 'v2s-harness-'));
after(() => rm(scratch, { recursive: true, force: true }));
const workspace = join(scratch, 'workspace');
await mkdir(join(workspace, 'data'), { recursive: true });
await writeFile(join(workspace, 'data/pulses.csv'), '1,0.5,0.25\n2,0.25,0.5\n1,0.125,0\n');
await writeFile(join(workspace, 'top.csv'), '1,2\n');
const fixture = join(process.cwd(), 'test/e2e/fixtures/harness-extension');
const { file: vsix } = await packageExtension(fixture, join(scratch, 'harness.vsix'));

editorTest(
  'harness: commands, picks, notifications, files, webviews and themes',
  { vsix: [vsix], workspace },
  async (session) => {
    const { workbench } = session;

    await workbench.runCommand('Harness: Notify');
    assert.deepEqual(await workbench.notification(/extension host/), {
      severity: 'warning',
      text: 'A word from the extension host',
      buttons: ['Agree', 'Disagree'],
    });
    await workbench.answerNotification(/extension host/, 'Disagree');
    await workbench.notification(/The answer was Disagree/);

    await workbench.runCommand('Harness: Choose');
    await workbench.quickChoose('green');
    await workbench.quickType('many');
    await workbench.quickMessage(/whole number/);
    await workbench.quickAnswer('12');
    await workbench.notification(/^12 green$/);
    await workbench.clearNotifications();

    await workbench.runCommand('Harness: Work');
    await workbench.notification(/Working: step 1/);
    await workbench.answerNotification(/Working/, 'Cancel');
    await workbench.answerDialog('Understood');
    await workbench.statusItem(/Dialog: Understood/).waitFor();

    await workbench.openFile('data/pulses.csv', 2);
    await workbench.statusItem(/Ln 2, Col 1/).waitFor();
    await workbench.contextMenu('top.csv', 'Describe File');
    await workbench.notification(/^2 lines in top\.csv$/);

    await workbench.runCommand('Harness: Open Panel');
    const panel = await workbench.webview('#send');
    await panel.locator('#send').click();
    await panel.locator('#count', { hasText: '1' }).waitFor();
    assert.deepEqual(workbench.cspViolations(), []);

    for (const theme of THEME_NAMES) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`harness-${theme}`);
    }

    await workbench.reload();
    await workbench.tab('pulses.csv').waitFor();
  },
);

editorTest(
  'harness: a window without trust, and one without folder',
  { vsix: [vsix], workspace, workspaceTrust: true },
  async ({ workbench, server }) => {
    await workbench.answerDialog("No, I don't trust");
    await workbench.statusItem(/Restricted Mode/).waitFor();
    await workbench.page.goto(`${server.url}?ew=true`);
    await workbench.ready();
    await workbench.runCommand('Harness: Notify');
    await workbench.notification(/extension host/);
  },
);
