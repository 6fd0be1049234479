/**
 * A text without the characters at its ends that match. A pattern with `+$` would look for the end from each of them again, in time that
 * grows with the square of their number.
 * @param of matches one UTF-16 unit; without the flags g and y
 */
export function trimEnds(text: string, of: RegExp): string {
  let [start, end] = [0, text.length];
  while (start < end && of.test(text[start])) start++;
  while (end > start && of.test(text[end - 1])) end--;
  return text.slice(start, end);
}
