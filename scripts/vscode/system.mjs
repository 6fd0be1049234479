// What the machine has to bring to build code-server's native modules: a compiler and a few Debian packages.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { plainEnvironment, run } from './processes.mjs';

/** Full path of a program on PATH, or null. */
export async function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder && (await exists(file, constants.X_OK))) return file;
  }
  return null;
}

const exists = (file, mode = constants.F_OK) =>
  access(file, mode).then(
    () => true,
    () => false,
  );

const anyOf = async (files) => (await Promise.all(files.map((file) => exists(file)))).some(Boolean);

/** Debian package and how to see that what it brings is there, whoever installed it. */
const REQUIREMENTS = [
  {
    debian: 'libkrb5-dev',
    present: () => anyOf(['/usr/include/gssapi/gssapi.h', '/usr/local/include/gssapi/gssapi.h']),
  },
  {
    debian: 'libsecret-1-dev',
    present: () =>
      anyOf(['/usr/include/libsecret-1/libsecret/secret.h', '/usr/local/include/libsecret-1/libsecret/secret.h']),
  },
  { debian: 'ripgrep', present: () => which('rg') },
  { debian: 'g++', present: () => which('g++') },
  { debian: 'make', present: () => which('make') },
  { debian: 'python3', present: () => which('python3') },
  { debian: 'pkg-config', present: () => which('pkg-config') },
];

async function missingPackages() {
  const present = await Promise.all(REQUIREMENTS.map((requirement) => requirement.present()));
  return REQUIREMENTS.filter((_, index) => !present[index]).map(({ debian }) => debian);
}

/**
 * Makes sure the build requirements are there. As root on Debian or Ubuntu the missing ones are installed.
 * @throws {Error} naming the missing Debian packages and the command that installs them
 */
export async function ensureSystemPackages(say) {
  if (process.platform !== 'linux') return;
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const advice = `code-server needs the Debian packages ${missing.join(', ')}. Install them and try again:
  sudo apt-get install ${missing.join(' ')}`;
  if (!(await installDebianPackages(missing, say, advice))) throw new Error(advice);
  const still = await missingPackages();
  if (still.length > 0) throw new Error(`${advice}\nThey are still missing after apt-get: ${still.join(', ')}.`);
}

/**
 * Installs Debian packages as root; does nothing elsewhere.
 * @returns whether they were installed
 * @throws {Error} with the advice and what apt-get said
 */
export async function installDebianPackages(names, say, advice) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !(await which('apt-get'))) return false;
  say(`apt-get install ${names.join(' ')}`);
  const env = plainEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
  try {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '--yes', '--no-install-recommends', ...names], { env });
  } catch (error) {
    throw new Error(`${advice}\n${error.message}`);
  }
  return true;
}
