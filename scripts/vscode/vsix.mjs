// VSIX files: made by vsce, looked into with yauzl.
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createVSIX } from '@vscode/vsce';
import { openPromise } from 'yauzl';
import { BUILT } from './built.mjs';

/** A person on a slow line installs it too. */
export const LARGEST_VSIX = 7.7e6;

/** The files in a VSIX: name and uncompressed size in bytes. */
async function vsixEntries(file) {
  const zip = await openPromise(file);
  const entries = [];
  for await (const entry of zip.eachEntry()) entries.push({ name: entry.fileName, bytes: entry.uncompressedSize });
  await zip.close();
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The files in a VSIX with what is in them. */
export async function vsixContents(file) {
  const zip = await openPromise(file);
  const contents = new Map();
  for await (const entry of zip.eachEntry())
    contents.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  await zip.close();
  return contents;
}

/**
 * Packs the extension in `folder`, already built, into the VSIX `file`; its .vscodeignore decides what goes in.
 * @returns {Promise<{ file: string, bytes: number, entries: { name: string, bytes: number }[] }>}
 * @throws {Error} from vsce, and if the file is not below {@link LARGEST_VSIX} bytes
 */
export async function packageExtension(folder, file) {
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  // As `npx vsce package` does it, but for the build: it has been made.
  process.env[BUILT] = '1';
  try {
    await createVSIX({ cwd: folder, packagePath: file });
  } finally {
    delete process.env[BUILT];
  }
  const { size } = await stat(file);
  if (size >= LARGEST_VSIX)
    throw new Error(
      `${file} has ${(size / 1e6).toFixed(1)} MB; below ${LARGEST_VSIX / 1e6} MB was expected. Look at its contents.`,
    );
  return { file, bytes: size, entries: await vsixEntries(file) };
}
