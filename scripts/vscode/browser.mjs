// The browser that the tests drive: an installed Chromium, Chrome or Edge, or as root on Debian its package chromium.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installDebianPackages, which } from './system.mjs';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const MAC_APPLICATIONS = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

const WINDOWS_APPLICATIONS = [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA]
  .filter(Boolean)
  .flatMap((folder) =>
    ['Google/Chrome', 'Chromium', 'Microsoft/Edge'].map((name) =>
      join(folder, name, 'Application', name.endsWith('Edge') ? 'msedge.exe' : 'chrome.exe'),
    ),
  );

/** Switches for a machine without display, sandbox privileges (root in a container) or network. */
export const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // In a container /dev/shm may be as small as 64 MB, which crashes pages.
  '--disable-dev-shm-usage',
];

/**
 * Full path of a browser of the Chromium family: `$V2S_BROWSER`, else the first that is found, else Debian's, which is installed.
 * @throws {Error} saying what to install
 */
export async function findBrowser() {
  const chosen = process.env.V2S_BROWSER;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`V2S_BROWSER names ${chosen}, which does not exist.`);
  }
  const found = await installedBrowser();
  if (found) return found;
  const advice =
    'No Chromium or Chrome was found. Install one (Debian: sudo apt-get install chromium) or name its program in V2S_BROWSER.';
  await installDebianPackages(['chromium'], (line) => process.stderr.write(`${line}\n`), advice);
  const installed = await installedBrowser();
  if (installed) return installed;
  throw new Error(advice);
}

async function installedBrowser() {
  for (const command of COMMANDS) {
    const file = await which(command);
    if (file) return file;
  }
  return [...MAC_APPLICATIONS, ...WINDOWS_APPLICATIONS].find((file) => existsSync(file)) ?? null;
}
