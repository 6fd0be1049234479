import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { trimEnds } from '../../common/trim-ends';
import { fileError } from '../files/atomic';

/** The word "train" or "test" standing alone in a file's stem, with the separator before it. */
const PART = /(^|[^a-z])(train|test)(?![a-z])/gi;

interface StemPart {
  word: string;
  start: number;
}

function lastPart(stem: string): StemPart | null {
  const match = [...stem.matchAll(PART)].at(-1);
  return match ? { word: match[2], start: match.index + match[1].length } : null;
}

const COMPRESSED = /\.gz$/i;

/** Whether a file is compressed, by its name. */
export const isCompressed = (path: string): boolean => COMPRESSED.test(path);

/** The extension of what is in a file: of x.csv.gz, .csv. */
export const contentExtension = (path: string): string => extname(path.replace(COMPRESSED, ''));

/** The whole extension: of x.csv.gz, .csv.gz. */
const wholeExtension = (path: string): string => contentExtension(path) + (COMPRESSED.exec(path)?.[0] ?? '');

const stemOf = (path: string): string => basename(path, wholeExtension(path));

/** Which part of a data set a file's name says it is; null where it says neither. */
export function partOf(path: string): Part | null {
  return (lastPart(stemOf(path))?.word.toLowerCase() as Part | undefined) ?? null;
}

type Part = 'train' | 'test';

/** The part in the letter case of a word: test like TRAIN is TEST, like Train is Test. */
function inCaseOf(word: string, part: Part): string {
  if (word === word.toUpperCase()) return part.toUpperCase();
  return word[0] === word[0].toUpperCase() ? part[0].toUpperCase() + part.slice(1) : part;
}

/**
 * The TEST file that belongs to a TRAIN file: same folder, same name with "test" for "train" (NAME_TRAIN.tsv and NAME_TEST.tsv,
 * train.csv and test.csv, in any letter case), same extension.
 * @returns its path, or null when there is none or the file is not called TRAIN
 * @throws V2SError `file.*` when the folder cannot be read
 */
export const siblingTestFile = (trainPath: string): Promise<string | null> => siblingFile(trainPath, 'train', 'test');

/** The TRAIN file that belongs to a TEST file, as `siblingTestFile` finds the other. */
export const siblingTrainFile = (testPath: string): Promise<string | null> => siblingFile(testPath, 'test', 'train');

async function siblingFile(path: string, own: Part, other: Part): Promise<string | null> {
  const stem = stemOf(path);
  const part = lastPart(stem);
  if (!part || part.word.toLowerCase() !== own) return null;
  const rest = stem.slice(part.start + own.length);
  const exact = stem.slice(0, part.start) + inCaseOf(part.word, other) + rest + wholeExtension(path);
  const folder = dirname(path);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw fileError(error, folder, 'read');
  }
  const found = names.includes(exact) ? exact : names.find((name) => name.toLowerCase() === exact.toLowerCase());
  return found === undefined ? null : join(folder, found);
}

/** Name of the data set: the file's name without extension and TRAIN or TEST; of train.csv the name of its folder. */
export function datasetName(path: string): string {
  const stem = stemOf(path);
  const part = lastPart(stem);
  if (!part) return stem;
  const around = stem.slice(0, part.start) + stem.slice(part.start + part.word.length);
  const rest = trimEnds(around, /[_\-. ]/).replace(/([_\-. ])[_\-. ]+/g, '$1');
  return rest || basename(dirname(resolve(path))) || stem;
}
