import * as z from 'zod';
import { V2SError } from '../../errors';
import { readBoundedText } from '../../files/bounded-read';
import { parseJson } from '../../files/json';
import { MAX_DOCUMENT_BYTES } from '../../files/limits';
import { FRONT_ENDS, frontEndSchema, type FrontEnd } from '../../audio/front-end';

/**
 * A front end from a JSON file that says its kind and what differs from the one of that kind, for example
 * `{"kind": "log-mel", "hop": 160, "melBins": 40}`.
 * @throws V2SError `file.*`, `model.front-end`
 */
export async function readFrontEndFile(path: string): Promise<FrontEnd> {
  const text = await readBoundedText(path, { maxBytes: MAX_DOCUMENT_BYTES });
  const json = parseJson(text, path, 'model.front-end');
  const kind = frontEndSchema.shape.kind.safeParse((json as { kind?: unknown } | null)?.kind);
  const base = FRONT_ENDS[kind.data ?? 'log-mel'];
  const frontEnd = frontEndSchema
    .strict()
    .extend({ samples: z.literal(16000) })
    .safeParse({ ...base, ...(json as object), kind: kind.data });
  if (!frontEnd.success)
    throw new V2SError(
      'model.front-end',
      `${path} does not describe a front end that V2S can compute:\n${z.prettifyError(frontEnd.error)}`,
      { cause: frontEnd.error },
    );
  return frontEnd.data;
}
