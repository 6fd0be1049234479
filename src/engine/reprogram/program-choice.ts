import { basename, dirname, join } from 'node:path';
import { fitOf, recordedAs, type FileFacts, type ProgramFacts, type ProgramFit } from './program-fit';

/** A program among which one is chosen. */
export interface ChoosableProgram {
  path: string;
  /** ms since 1970 */
  modified: number;
  facts: ProgramFacts;
  /** the file as it is read for this program, where that was tried */
  file?: FileFacts;
}

interface ProgramCandidate<P> {
  program: P;
  fit: ProgramFit;
  /** whether labels, length and columns leave it possible that the program is for the file */
  couldFit: boolean;
}

/** Which program explains a file. */
export interface ProgramChoice<P> {
  /** null: a person must be asked */
  program: P | null;
  /**
   * `chosen` for this very file; `recorded` in the program as TRAIN or TEST; `name`: of the same data set by its name. Null where
   * nothing speaks for a program, or the same speaks for several.
   */
  why: 'chosen' | 'recorded' | 'name' | null;
  /** all of them, in the order in which to propose them */
  candidates: ProgramCandidate<P>[];
}

/**
 * Which program explains a file: the one that was chosen for this very file; else the only one that records the file as its TRAIN or
 * TEST, by content (wherever it lies now) or by its place beside the program; else the only one of a data set of the same name. A program
 * whose classes do not cover the labels of the file is never taken unless it was chosen. Nothing else is guessed.
 * @param chosen path of the program that was chosen for this file
 */
export function chooseProgram<P extends ChoosableProgram>(
  file: FileFacts,
  programs: readonly P[],
  chosen: string | null,
): ProgramChoice<P> {
  const judged = programs.map((program) => {
    const fit = fitOf(program.facts, program.file ?? file);
    const couldFit = fit.findings.every(({ kind }) => kind === 'data');
    return { program, fit, couldFit, evidence: evidenceOf(program, file, fit) };
  });
  // Of equals, the most recent one is proposed first.
  judged.sort(
    (a, b) =>
      b.evidence - a.evidence ||
      Number(b.couldFit) - Number(a.couldFit) ||
      Number(a.fit.level === 'outside') - Number(b.fit.level === 'outside') ||
      b.program.modified - a.program.modified,
  );
  const candidates = judged.map(({ program, fit, couldFit }) => ({ program, fit, couldFit }));
  const own = programs.find(({ path }) => path === chosen);
  if (own) return { program: own, why: 'chosen', candidates };
  const [first, second] = judged;
  if (!first || first.evidence === EVIDENCE.none || first.evidence === second?.evidence)
    return { program: null, why: null, candidates };
  return { program: first.program, why: first.evidence === EVIDENCE.name ? 'name' : 'recorded', candidates };
}

/** Whether a program is of the data set of a file, by what it records or by its name. */
export function isOfDataOf(program: ProgramFacts, { name, sha256 }: FileFacts): boolean {
  return program.name.toLowerCase() === name.toLowerCase() || recordedAs(program, sha256) !== null;
}

const EVIDENCE = { none: 0, name: 1, place: 2, content: 3 } as const;

function evidenceOf({ path, facts }: ChoosableProgram, file: FileFacts, { level }: ProgramFit): number {
  if (level === 'outside') return EVIDENCE.none;
  if (recordedAs(facts, file.sha256) !== null) return EVIDENCE.content;
  if (!isOfDataOf(facts, file)) return EVIDENCE.none;
  const own = basename(file.file);
  const isRecorded = own === facts.train.file || own === facts.test?.file;
  const folder = dirname(file.file);
  const isBeside = [folder, join(folder, '.v2s')].includes(dirname(path));
  return isRecorded && isBeside ? EVIDENCE.place : EVIDENCE.name;
}
