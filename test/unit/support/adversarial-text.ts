// Text that is made to be slow to read.

const TS = '@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n';
const STAMPED = '@problemName x\n@timeStamps true\n@univariate true\n@classLabel true a b\n@data\n';
const ARFF = '@relation x\n@attribute v numeric\n@attribute w string\n@attribute c {a,b}\n@data\n';

/** Pieces of which long lines are made: separators, quotes, escapes, numbers that never end, brackets, comments, odd blanks. */
export const PIECES = [
  ' ', '\t', ',', ';', '|', ':', '(', ')', '{', '}', "'", '"', '\\', '.', '0', '1', 'a', 'e', '-', '#', '%', '@', '?', '\u2028', '\u00a0',
  "'a',", '"a",', '""', '"a","', '\\"', "\\'", '(1,', '(1,2),', '1e', '1,', '1.5,', '1,5;', 'a:', ' ,', '# 1,', 'nan,', '\\n',
]; // prettier-ignore

/** What stands before and after the long part. */
export const FRAMES: [kind: string, before: string, after: string][] = [
  ...['csv', 'tsv', 'txt'].flatMap((kind): [string, string, string][] => [
    [kind, '', ''],
    [kind, 'a,1.5,2.5\nb,', 'x\n'],
    [kind, 'a,1.5,2.5\n1.', '1,2,3\n'],
  ]),
  ['ts', '', ''],
  ['ts', '@', ' x\n@data\n1,2:a\n'],
  ['ts', '@classLabel true ', 'x\n@data\n1,2:a\n'],
  ['ts', `${TS}1,2`, ':a\n'],
  ['ts', `${TS}1,2:1.`, '1\n'],
  ['ts', `${STAMPED}(1,2),(`, ':a\n'],
  ['ts', `${STAMPED}(1,2)`, '):a\n'],
  ['arff', '@attribute', 'x {\n@data\n1\n'],
  ['arff', '@attribute ', '{\u2028\n@data\n1\n'],
  ['arff', "@attribute '", ' numeric\n@data\n1\n'],
  ['arff', '@attribute c {', '}\n@data\n1\n'],
  ['arff', `${ARFF}1,`, ',a\n'],
  ['arff', `${ARFF}1,'`, "',a\n"],
];

/** Files of many lines. */
export const FILES: [name: string, (size: number) => string][] = [
  ['comments that could be rows.csv', (size) => '#0,1,2,3,4,5,6,7,8,9\n'.repeat(size / 21)],
  ['long comments that could be rows.csv', (size) => `#${'0.5,'.repeat(size / 800)}1\n`.repeat(200)],
  ['counting header.csv', (size) => `#${Array.from({ length: size / 1200 }, (_, i) => i).join()}\n`.repeat(200)],
  ['short lines.csv', (size) => '1,2\n'.repeat(size / 4)],
  ['own labels.csv', (size) => Array.from({ length: size / 16 }, (_, i) => `x${i}y,1.5,2.5`).join('\n')],
  ['open quotes.csv', (size) => '"a\n'.repeat(size / 3)],
  ['empty lines.txt', (size) => '\r\n'.repeat(size / 2)],
  ['attributes.arff', (size) => `${'@attribute v string\n'.repeat(size / 40)}@data\n${'a,'.repeat(size / 40 - 1)}a\n`],
  ['instances.arff', (size) => `@attribute v numeric\n@attribute c string\n@data\n${"1,'b'\n".repeat(size / 6)}`],
  ['values.ts', (size) => `${TS}${'1,2:a\n'.repeat(size / 6)}`],
];
