import { dirname, resolve } from 'node:path';
import { findModelFolder, readModelCard } from '../acoustic/store';
import { V2SError } from '../errors';
import { assertModelOf, type Program } from './program';

/**
 * The folder of the acoustic model a program was trained through: by its id in the roots, else where a person has pointed to, else in the
 * folder that was named when it was
 * trained (relative to the working folder, then to the program). The weights decide, not the name.
 * @param programPath path the program was read from
 * @param workingFolder absolute
 * @param located folders of single models that a person has pointed to; those of other models are passed over
 * @throws V2SError `program.checksum` when only other weights are found, `program.card` when their card has changed, `model.missing`
 *   when nothing is found
 */
export async function findProgramModel(
  program: Program,
  programPath: string,
  roots: readonly string[],
  workingFolder: string,
  located: readonly string[] = [],
): Promise<string> {
  const { id, folder } = program.description.model;
  const attempts: (() => Promise<string>)[] = [() => findModelFolder(id, roots)];
  for (const pointed of located)
    attempts.push(async () => {
      const { weightsSha256 } = await readModelCard(pointed);
      if (weightsSha256 === program.description.model.weightsSha256) return pointed;
      throw new V2SError('model.missing', `${pointed} holds another acoustic model.`);
    });
  // A program may come from anyone: it must not make this machine look at another one (\\server\share).
  if (folder !== null && !/^[\\/]{2}/.test(folder))
    for (const base of [workingFolder, dirname(resolve(workingFolder, programPath))])
      attempts.push(async () => resolve(base, folder));
  const failures: V2SError[] = [];
  for (const attempt of attempts)
    try {
      const found = await attempt();
      assertModelOf(program, await readModelCard(found));
      return found;
    } catch (error) {
      if (!(error instanceof V2SError)) throw error;
      failures.push(error);
    }
  throw (
    failures.find(({ code }) => code === 'program.card') ??
    failures.find(({ code }) => code === 'program.checksum') ??
    new V2SError(
      'model.missing',
      `The acoustic model ${id}, through which the program was trained, was not found. Specify its folder.`,
      { cause: failures[0] },
    )
  );
}
