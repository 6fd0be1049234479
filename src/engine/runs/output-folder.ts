import { access, constants, mkdir } from 'node:fs/promises';
import { fileError } from '../files/atomic';

/** Makes sure, before a long training, that its result can be written. @throws V2SError `file.*` */
export async function assertWritableFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw fileError(error, folder, 'write to the folder');
  }
}
