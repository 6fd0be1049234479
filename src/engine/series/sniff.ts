import { contentExtension } from './names';
import { SeriesFileError, shown } from './series-error';
import type { FileKind } from './types';

/** One line of the file; `row` counts from 1. */
export interface Line {
  text: string;
  row: number;
}

const SKTIME_KEY =
  /^@(?:problemname|timestamps|missing|univariate|dimensions?|equallength|serieslength|classlabel|targetlabel|data)\b/i;
const ARFF_KEY = /^@(?:relation|attribute)\b/i;
const TYPESCRIPT =
  /^(?:\/[/*]|#!|['"`]use |(?:import|export|const|let|var|function|async|class|abstract|interface|type|enum|namespace|module|declare|return|if|for|while|try|describe|it|test)\b|@[A-Z]\w*\(|[{}()[\];])/;

const isComment = (text: string): boolean => /^\s*[#%]/.test(text);

/** The first line that is neither empty nor a comment. */
function firstMeaningful(lines: readonly Line[]): Line | undefined {
  return lines.find(({ text }) => text.trim() !== '' && !isComment(text));
}

/** Whether a first meaningful line can only come from the header of a .ts or .arff series file. */
export function headerKind(lines: readonly Line[]): 'ts' | 'arff' | null {
  const text = firstMeaningful(lines)?.text.trim() ?? '';
  if (ARFF_KEY.test(text)) return 'arff';
  return SKTIME_KEY.test(text) ? 'ts' : null;
}

/**
 * The format of a file from its content first and its extension second.
 * @throws SeriesFileError `series.typescript` for TypeScript source, `series.header` for another .ts without series header
 */
export function sniffKind(file: string, lines: readonly Line[]): FileKind {
  const byHeader = headerKind(lines);
  if (byHeader) return byHeader;
  const extension = contentExtension(file).toLowerCase();
  if (extension === '.ts') {
    // With comments of the series kind only, a TypeScript file cannot be told apart and need not be.
    const line = firstMeaningful(lines) ?? lines[0] ?? { text: '', row: 1 };
    const source = lines.some(({ text }) => TYPESCRIPT.test(text.trim()) && !isComment(text));
    if (source)
      throw new SeriesFileError(
        'series.typescript',
        { file },
        'this is TypeScript source code, not a time-series file. A .ts series file begins with a header such as "@problemName".',
      );
    throw new SeriesFileError(
      'series.header',
      { file, row: line.row },
      `expected the header of a .ts series file, for example "@problemName NAME", found ${shown(line.text.trim())}. ` +
        'If it is a plain table of numbers, set the option "kind" to csv, tsv or txt.',
    );
  }
  // An .arff file without a header line at its top is still one; its reader says what is missing.
  if (extension === '.arff') return 'arff';
  if (extension === '.tsv' || extension === '.tab') return 'tsv';
  if (extension === '.csv') return 'csv';
  if (extension === '.txt') return 'txt';
  // Unknown extension: whatever separates the cells is found by the table reader.
  const text = firstMeaningful(lines)?.text ?? '';
  return text.includes('\t') ? 'tsv' : /[,;|]/.test(text) ? 'csv' : 'txt';
}
