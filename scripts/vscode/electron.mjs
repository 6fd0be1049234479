// Whether the desktop VS Code can run here: its download answers (or was made before) and there is a display for its window.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './system.mjs';

const RELEASES = 'https://update.code.visualstudio.com/api/releases/stable';

/** Null if the folder of earlier downloads has a VS Code or the download host answers within 4 s, else the reason. */
async function whyNoDownload(root) {
  const cache = join(root, '.vscode-test');
  if (existsSync(cache) && readdirSync(cache).some((name) => name.startsWith('vscode-'))) return null;
  try {
    const response = await fetch(RELEASES, { signal: AbortSignal.timeout(4000) });
    if (!response.ok) return `${RELEASES} answers ${response.status}`;
    const releases = await response.json();
    return Array.isArray(releases) ? null : `${RELEASES} does not answer with a list of releases`;
  } catch (error) {
    return `${RELEASES} cannot be reached (${error.cause?.code ?? error.name})`;
  }
}

/**
 * Looks for a way to run the desktop VS Code.
 * @param {string} root project folder; VS Code is downloaded into its .vscode-test
 * @returns {Promise<{ possible: boolean, reason: string, virtualDisplay: boolean }>} `virtualDisplay`: wrap it in xvfb-run
 */
export async function findElectronWay(root) {
  const obstacle = await whyNoDownload(root);
  if (obstacle) return { possible: false, reason: obstacle, virtualDisplay: false };
  const needsDisplay = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  if (!needsDisplay) return { possible: true, reason: 'VS Code can be downloaded', virtualDisplay: false };
  if (await which('xvfb-run')) {
    return { possible: true, reason: 'VS Code can be downloaded; xvfb-run gives it a display', virtualDisplay: true };
  }
  return { possible: false, reason: 'there is no display and xvfb-run is not installed', virtualDisplay: false };
}
