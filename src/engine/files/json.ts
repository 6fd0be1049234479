import { createHash } from 'node:crypto';
import { V2SError } from '../errors';

/**
 * The value of a JSON text.
 * @param what names the text in the message, usually its path
 * @param code of the error when it is not JSON
 * @param advice what to do then, a sentence
 * @throws V2SError `code`
 */
export function parseJson(text: string, what: string, code: string, advice?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `${what} is not JSON: ${(error as Error).message}.`;
    throw new V2SError(code, advice === undefined ? message : `${message} ${advice}`, { cause: error });
  }
}

/** SHA-256 (hex) of a JSON value, whatever the order of its keys; keys without a value count as absent. */
export function jsonSha256(value: unknown): string {
  return createHash('sha256').update(sortedJson(value)).digest('hex');
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}
