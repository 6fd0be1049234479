import { basename, dirname, join } from 'node:path';
import { datasetName, partOf } from '../series';
import type { ChoosableProgram } from './program-choice';

/** A data set of a folder, and the programs that were made with it. */
interface DataSet<P> {
  name: string;
  folder: string;
  /** at least one of the two is there */
  train: string | null;
  test: string | null;
  /** the most recent first */
  programs: P[];
}

/**
 * The data sets among some files: TRAIN and TEST of the same name in the same folder, and files that a program beside them records as its
 * TRAIN. A program belongs to the data set that it records and lies beside (or in `.v2s` of that folder), else to the only one anywhere of
 * its name and TRAIN file; the others are left.
 */
export function dataSetsOf<P extends ChoosableProgram>(
  files: readonly string[],
  programs: readonly P[],
): { dataSets: DataSet<P>[]; others: P[] } {
  const sets = new Map<string, DataSet<P>>();
  const recorded = new Set(
    programs.flatMap(({ path, facts }) => foldersOf(path).map((folder) => join(folder, facts.train.file))),
  );
  for (const file of files) {
    const part = partOf(file) ?? (recorded.has(file) ? 'train' : null);
    if (part === null) continue;
    const [name, folder] = [datasetName(file), dirname(file)];
    const key = `${folder}\n${name.toLowerCase()}`;
    const set: DataSet<P> = sets.get(key) ?? { name, folder, train: null, test: null, programs: [] };
    set[part] ??= file;
    sets.set(key, set);
  }
  const dataSets = [...sets.values()].sort((a, b) => compare(a.name, b.name) || compare(a.folder, b.folder));
  const others: P[] = [];
  for (const program of [...programs].sort((a, b) => b.modified - a.modified)) {
    const { path, facts } = program;
    const near = foldersOf(path);
    const same = dataSets.filter(
      ({ name, train, test }) =>
        name.toLowerCase() === facts.name.toLowerCase() &&
        ((train !== null && basename(train) === facts.train.file) ||
          (test !== null && basename(test) === facts.test?.file)),
    );
    const beside = same.filter(({ folder }) => near.includes(folder));
    const [owner, another] = beside.length > 0 ? beside : same;
    (owner && !another ? owner.programs : others).push(program);
  }
  return { dataSets, others };
}

/** Where the data of a program at a path would lie: beside it, and beside the `.v2s` that holds it. */
function foldersOf(program: string): string[] {
  const folder = dirname(program);
  return basename(folder) === '.v2s' ? [folder, dirname(folder)] : [folder];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
