/**
 * Series that match a search: every word must. A word is part of the label (regardless of case), `#12` or `12` the number of the
 * series, counted from 1, and `10-20` a range of numbers. A number that is also a label finds both.
 * @param labels class index per series, -1 without a label
 * @param hidden class indices that are switched off
 * @returns positions from 0, ascending
 */
export function searchSeries(
  search: string,
  labels: ArrayLike<number>,
  classNames: readonly string[],
  hidden: ReadonlySet<number>,
): number[] {
  const tests = search
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => wordTest(word, classNames));
  const found: number[] = [];
  for (let i = 0; i < labels.length; i++)
    if (!hidden.has(labels[i]) && tests.every((test) => test(i, labels[i]))) found.push(i);
  return found;
}

function wordTest(word: string, classNames: readonly string[]): (index: number, label: number) => boolean {
  const classes = new Set(classNames.flatMap((name, i) => (name.toLowerCase().includes(word) ? [i] : [])));
  const number = /^#?(\d+)(?:-(\d+))?$/.exec(word);
  if (!number) return (_, label) => classes.has(label);
  const first = Number(number[1]) - 1;
  const last = number[2] === undefined ? first : Number(number[2]) - 1;
  const marked = word.startsWith('#');
  return (index, label) => (index >= first && index <= last) || (!marked && classes.has(label));
}
