// Opens VS Code with the product for a person: an installed desktop VS Code if there is one, else code-server.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageProduct } from './build.mjs';
import { ensureCodeServer } from './install.mjs';
import { installExtension, startCodeServer, temporaryProfile, writeSettings } from './serve.mjs';
import { which } from './system.mjs';

/**
 * The command of an installed desktop VS Code that can show a window here, or null. The `code` inside a remote terminal of
 * VS Code is another program, which cannot run an extension from a folder.
 */
async function findDesktopCode() {
  const remote = Boolean(process.env.VSCODE_IPC_HOOK_CLI);
  const blind = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  if (remote || blind) return null;
  return which(process.platform === 'win32' ? 'code.cmd' : 'code');
}

/** On Windows `code` is a .cmd, which only a shell can start, and the shell splits what has a space and no quotes. */
function spawnCommand(command, args, options) {
  if (process.platform !== 'win32') return spawn(command, args, options);
  return spawn([command, ...args].map((part) => `"${part}"`).join(' '), { ...options, shell: true });
}

/**
 * Opens a folder in VS Code with the product, which must be built. Nothing is installed into a person's own VS Code: the
 * desktop one runs the product from its folder, code-server has a profile that is removed when it stops.
 * @param {{ root: string, folder: string, say?: (line: string) => void }} options
 * @returns {Promise<{ kind: 'desktop' } | { kind: 'code-server', url: string, stop: () => Promise<void> }>}
 */
export async function openEditor({ root, folder, say = (line) => process.stderr.write(`${line}\n`) }) {
  const code = await findDesktopCode();
  if (code) {
    const args = ['--new-window', `--extensionDevelopmentPath=${root}`, folder];
    const child = spawnCommand(code, args, { detached: true, stdio: 'ignore' });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return { kind: 'desktop' };
  }
  await ensureCodeServer({ say });
  const profile = await temporaryProfile();
  try {
    const { file } = await packageProduct(root, join(profile.root, 'v2s.vsix'));
    await writeSettings(profile.userDataDir);
    await installExtension(file, profile);
    const server = await startCodeServer({ ...profile, folder });
    const stop = async () => {
      await server.stop();
      await profile.remove();
    };
    return { kind: 'code-server', url: server.url, stop };
  } catch (error) {
    await profile.remove();
    throw error;
  }
}
