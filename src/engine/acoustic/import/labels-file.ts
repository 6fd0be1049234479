import * as z from 'zod';
import { V2SError } from '../../errors';
import { readBounded } from '../../files/bounded-read';
import { MAX_DOCUMENT_BYTES } from '../../files/limits';

const labelSchema = z.string().regex(/\S/);
const labelsSchema = z.union([
  z.array(labelSchema).nonempty(),
  z.object({ labels: z.array(labelSchema).nonempty() }).transform(({ labels }) => labels),
]);

/** A first line that is complete in its brackets, as the word [unknown] is, with another line after it: no JSON, but words. */
const WORD_IN_BRACKETS = /^\s*[[{][^\]}\n]*[\]}][^\S\n]*\n\s*\S/;

/**
 * Names of the outputs of a model in their order: a JSON array of strings, a JSON object whose `labels` is one, or one a line (UTF-8,
 * blank lines are passed over).
 * @throws V2SError `file.*`, `model.labels` for a file that lists no labels
 */
export async function readLabels(path: string): Promise<string[]> {
  const bytes = await readBounded(path, { maxBytes: MAX_DOCUMENT_BYTES });
  const wrong = (why: string, cause?: unknown): V2SError =>
    new V2SError(
      'model.labels',
      `${path} ${why}. Expected ["yes", "no", ..], {"labels": ["yes", "no", ..]} or one word per line.`,
      { cause },
    );
  let text: string;
  try {
    // Takes a byte order mark away.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw wrong('does not list source words: it is not UTF-8 text', error);
  }
  const json = /^\s*[[{]/.test(text) && !WORD_IN_BRACKETS.test(text);
  if (!json && !path.toLowerCase().endsWith('.json')) {
    const lines = text.split(/\r\n|[\r\n]/).map((line) => line.trim());
    const words = lines.filter((line) => line !== '');
    if (words.length === 0) throw wrong('does not list source words: it is empty');
    if (words.some((word) => word.includes('\0'))) throw wrong('does not list source words: it is not text');
    return words;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`, error);
  }
  const labels = labelsSchema.safeParse(value);
  if (!labels.success) throw wrong('does not list source words', labels.error);
  return labels.data;
}
