/** Whether a map is 0 wherever it has a value: nothing in it is positive, and negative values were cut off. */
export function isEmptyMap(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && !Number.isNaN(values[i])) return false;
  return true;
}
