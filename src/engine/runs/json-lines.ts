import type * as z from 'zod';

/** Lines that are none of what they should be, after which the rest is left out: a crash cuts one short, a stranger makes millions. */
const MAX_DAMAGED = 1000;

/**
 * The lines of a text that are JSON of a schema, in order. Others, such as one that was cut short, are left out.
 * @param most the last so many lines of the text are looked at
 */
export function parseJsonLines<T>(text: string, schema: z.ZodType<T>, most = Infinity): T[] {
  const parsed: T[] = [];
  let damaged = 0;
  // Line by line: an array of all of them takes more memory than the text.
  for (let start = startOfLast(text, most); start < text.length && damaged < MAX_DAMAGED;) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const line = end > start ? parseLine(text.slice(start, end), schema) : undefined;
    if (line !== undefined) parsed.push(line);
    else if (end > start) damaged++;
    start = end + 1;
  }
  return parsed;
}

function parseLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Where the last so many lines begin. */
function startOfLast(text: string, most: number): number {
  if (most === Infinity) return 0;
  let start = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let lines = 0; lines < most; lines++) {
    start = start > 0 ? text.lastIndexOf('\n', start - 1) : -1;
    if (start < 0) return 0;
  }
  return start + 1;
}
