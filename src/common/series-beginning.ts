/** Fewest cells of a row of numbers that is taken for one of a table. */
const FEWEST_CELLS = 4;
/** Share of them that must be numbers: the others may be a label or missing. */
const NUMBERS = 0.75;

/**
 * Whether a text may be the beginning of a series file, by its first line that is neither empty nor a comment: a key such as
 * `@problemName`, or a row of numbers. Made to be cheap and to spare source code and prose the full test, which is the engine's.
 */
export function beginsLikeSeries(text: string): boolean {
  const line = text
    .split(/\r?\n/)
    .map((candidate) => candidate.trim())
    .find((candidate) => candidate !== '' && !/^[#%]/.test(candidate));
  if (line === undefined) return false;
  // A decorator of TypeScript is called, a key of a series file is not.
  if (line.startsWith('@')) return /^@[a-z]+(?:\s|$)/i.test(line);
  const cells = line.split(/[\s,;|:]+/).filter((cell) => cell !== '');
  const numbers = cells.filter((cell) => /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(cell)).length;
  return cells.length >= FEWEST_CELLS && numbers >= NUMBERS * cells.length;
}
