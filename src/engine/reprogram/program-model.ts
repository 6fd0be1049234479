import { dirname, resolve } from 'node:path';
import { findModelById, readModelCard } from '../acoustic/store';
import { V2SError } from '../errors';
import { assertModelOf, type Program } from './program';

/** Who may be led to a folder that a program names. */
export interface TrustedPlace {
  /** path the program was read from */
  programPath: string;
  /** absolute */
  workingFolder: string;
}

/**
 * The folder of the acoustic model a program was trained through: by its id in the roots, else where a person has pointed to, else in the
 * folder that was named when it was
 * trained (relative to the working folder, then to the program). The weights decide, not the name.
 * @param place null where the program is not trusted: no path in it is looked at then
 * @param located folders of single models that a person has pointed to; those of other models are passed over
 * @throws V2SError `program.checksum` when only other weights are found, `program.card` when their card has changed, `model.missing`
 *   when nothing is found
 */
export async function findProgramModel(
  program: Program,
  roots: readonly string[],
  place: TrustedPlace | null,
  located: readonly string[] = [],
): Promise<string> {
  const { id, folder } = program.description.model;
  const attempts: (() => Promise<string>)[] = [() => findModelById(id, roots, place !== null)];
  for (const pointed of located)
    attempts.push(async () => {
      const { weightsSha256 } = await readModelCard(pointed);
      if (weightsSha256 === program.description.model.weightsSha256) return pointed;
      throw new V2SError('model.missing', `${pointed} holds another acoustic model.`);
    });
  // A program may come from anyone: it must not make this machine look at another one (\\server\share).
  if (place !== null && folder !== null && !/^[\\/]{2}/.test(folder))
    for (const base of [place.workingFolder, dirname(resolve(place.workingFolder, place.programPath))])
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
