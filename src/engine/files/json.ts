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
