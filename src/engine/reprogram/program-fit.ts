import { basename } from 'node:path';
import { valueNames, type SeriesDataset } from '../series';
import type { ProgramDescription } from './program-description';

/** What of a program bears on the question whether it is for a file. */
export interface ProgramFacts {
  /** of the data set */
  name: string;
  classNames: readonly string[];
  /** values of the longest training series */
  longest: number;
  /** names of the columns of values, where TRAIN gave names and the program keeps them */
  columnNames: readonly string[] | null;
  train: RecordedFile;
  test: RecordedFile | null;
}

interface RecordedFile {
  /** name without its folder */
  file: string;
  sha256: string;
}

/** What of a series file bears on it. */
export interface FileFacts {
  /** path */
  file: string;
  /** of the data set, from the file's name */
  name: string;
  sha256: string;
  /** null for a file that cannot be read without being told how */
  content: {
    classNames: readonly string[];
    /** fewest and most values of a series */
    shortest: number;
    longest: number;
    /** names of the columns of values, where the file gives names */
    columnNames: readonly string[] | null;
  } | null;
}

/** In what a file differs from the data of a program. */
interface FitFinding {
  kind: 'labels' | 'length' | 'columns' | 'data';
  /** a sentence */
  message: string;
}

/**
 * `fits`: the file is TRAIN or TEST of the program. `differs`: length, column names or content are others, so that the figures of the
 * program do not speak for this file. `outside`: the file has labels that are no classes of the program, so that the program is wrong
 * for it.
 */
type FitLevel = 'fits' | 'differs' | 'outside';

export interface ProgramFit {
  level: FitLevel;
  findings: FitFinding[];
}

/** Names in a sentence before it says how many more there are. */
const MAX_NAMED = 6;

export function programFacts(description: ProgramDescription): ProgramFacts {
  const { name, classNames, read, data } = description;
  const columnNames = read && valueNames(read);
  return { name, classNames, longest: longestOf(description), columnNames, train: data.train, test: data.test };
}

/** Programs of the first version kept only the placement of the longest series. */
function longestOf({ read, members, statistics }: ProgramDescription): number {
  if (read) return read.longest;
  const [{ rendering }] = members;
  if (rendering.kind !== 'replicas' || rendering.contour) return statistics!.length;
  return Math.round(rendering.placement.slot / rendering.placement.rate);
}

export function fileFacts({ file, name, sha256, series, classNames, format }: SeriesDataset): FileFacts {
  let [shortest, longest] = [Infinity, 0];
  for (const { values } of series) {
    shortest = Math.min(shortest, values.length);
    longest = Math.max(longest, values.length);
  }
  const columnNames = valueNames(format);
  return { file, name, sha256, content: { classNames, shortest: Math.min(shortest, longest), longest, columnNames } };
}

/** As what a program records a file, by its content. */
export function recordedAs({ train, test }: ProgramFacts, sha256: string): 'TRAIN' | 'TEST' | null {
  if (train.sha256 === sha256) return 'TRAIN';
  return test?.sha256 === sha256 ? 'TEST' : null;
}

/** Compares a file with the data that a program was made with. */
export function fitOf(program: ProgramFacts, file: FileFacts): ProgramFit {
  const outside = labelFinding(program, file);
  if (recordedAs(program, file.sha256) !== null && !outside) return { level: 'fits', findings: [] };
  const differing = [lengthFinding(program, file), columnFinding(program, file), dataFinding(program, file)];
  const findings = [outside, ...differing].filter((finding) => finding !== null);
  return { level: outside ? 'outside' : findings.length > 0 ? 'differs' : 'fits', findings };
}

function labelFinding({ name, classNames }: ProgramFacts, { file, content }: FileFacts): FitFinding | null {
  const unknown = content?.classNames.filter((label) => !classNames.includes(label)) ?? [];
  if (unknown.length === 0) return null;
  const verb = unknown.length === 1 ? 'a label that is not a class' : 'labels that are not classes';
  return {
    kind: 'labels',
    message: `${basename(file)} has ${verb} of the program for ${name}: ${named(unknown)}. Its classes are ${named(classNames)}.`,
  };
}

function lengthFinding(program: ProgramFacts, { file, content }: FileFacts): FitFinding | null {
  if (!content) return null;
  const { shortest, longest } = content;
  // Where lengths vary, the longest of another file may be shorter.
  const same = shortest === longest ? longest === program.longest : longest <= program.longest;
  if (same) return null;
  const have = shortest === longest ? `${longest}` : `${shortest} to ${longest}`;
  return {
    kind: 'length',
    message: `The series of ${basename(file)} have ${have} values; TRAIN of ${program.name} has up to ${program.longest}.`,
  };
}

function columnFinding({ name, columnNames }: ProgramFacts, { file, content }: FileFacts): FitFinding | null {
  const own = content?.columnNames;
  if (!own || !columnNames || own.join('\n') === columnNames.join('\n')) return null;
  const missing = columnNames.filter((column) => !own.includes(column));
  const further = own.filter((column) => !columnNames.includes(column));
  const said = [
    ...(missing.length > 0 ? [`without ${named(missing)}`] : []),
    ...(further.length > 0 ? [`with ${named(further)}`] : []),
  ];
  const how = said.length > 0 ? said.join(' and ') : 'in another order';
  return { kind: 'columns', message: `${basename(file)} has the columns of TRAIN of ${name} ${how}.` };
}

function dataFinding(program: ProgramFacts, { file, sha256 }: FileFacts): FitFinding | null {
  if (recordedAs(program, sha256) !== null) return null;
  const { name, train, test } = program;
  const own = basename(file);
  const message =
    own === train.file
      ? `${own} is not as it was when the program for ${name} was trained on it.`
      : own === test?.file
        ? `${own} is not as it was when the program for ${name} was tested on it.`
        : test
          ? `${own} is neither TRAIN nor TEST of the program for ${name}, which are ${train.file} and ${test.file}.`
          : `${own} is not TRAIN of the program for ${name}, which is ${train.file}.`;
  return { kind: 'data', message };
}

/** Some names in quotes, and how many more there are. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
