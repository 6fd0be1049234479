import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { V2SError } from '../errors';
import { describeFineTuned } from './fine-tuned-model';

export interface FoundFineTuned {
  /** null when none of the folders is one */
  folder: string | null;
  /** changes when the model does */
  stamp: string;
  /** what is wrong with those that look like one and cannot be read */
  problems: string[];
}

/**
 * The fine-tuned model of a data set among the folders in `roots`: one that was trained on the same TRAIN file with the same classes,
 * if possible from the same acoustic model, and of those the latest.
 * @param of the TRAIN file's checksum, the class names in their order, and the id of the acoustic model
 */
export async function findFineTuned(
  roots: readonly string[],
  of: { trainSha256: string; classNames: readonly string[]; modelId: string },
): Promise<FoundFineTuned> {
  const problems: string[] = [];
  const fitting: { folder: string; sameModel: boolean; modified: number }[] = [];
  for (const folder of new Set((await Promise.all(roots.map(foldersIn))).flat()))
    try {
      const found = await describeFineTuned(folder);
      if (!found) continue;
      const { data, classNames, source } = found.description;
      if (data.train.sha256 !== of.trainSha256 || classNames.join('\n') !== of.classNames.join('\n')) continue;
      fitting.push({ folder, sameModel: source.id === of.modelId, modified: found.modified });
    } catch (error) {
      if (!(error instanceof V2SError)) throw error;
      problems.push(error.message);
    }
  const [best] = fitting.sort((a, b) => Number(b.sameModel) - Number(a.sameModel) || b.modified - a.modified);
  return { folder: best?.folder ?? null, stamp: String(best?.modified ?? ''), problems };
}

/** Folders directly in a folder; none where it is missing or closed to us. */
async function foldersIn(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const paths = names.map((name) => join(root, name));
  const isFolder = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      ),
    ),
  );
  return paths.filter((_, i) => isFolder[i]);
}
