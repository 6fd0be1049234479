import { access, constants } from 'node:fs/promises';
import { fileError, makeFolder } from '../files/atomic';

/** Makes sure, before a long training, that its result can be written. @throws V2SError `file.*` */
export async function assertWritableFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw fileError(error, folder, 'write to the folder');
  }
}
