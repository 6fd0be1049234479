// The browser that the tests drive: an installed Chromium, Chrome or Edge. None is downloaded.
import { existsSync } from 'node:fs';
import { which } from './system.mjs';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const MAC_APPLICATIONS = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
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
 * Full path of a browser of the Chromium family: `$V2S_BROWSER`, else the first that is found.
 * @throws {Error} saying what to install
 */
export async function findBrowser() {
  const chosen = process.env.V2S_BROWSER;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`V2S_BROWSER names ${chosen}, which does not exist.`);
  }
  for (const command of COMMANDS) {
    const file = await which(command);
    if (file) return file;
  }
  const application = MAC_APPLICATIONS.find(existsSync);
  if (application) return application;
  throw new Error(
    'No Chromium or Chrome was found. Install one (Debian: sudo apt-get install chromium) or name its program in V2S_BROWSER.',
  );
}
