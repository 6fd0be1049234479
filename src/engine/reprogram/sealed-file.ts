import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { V2SError } from '../errors';
import { fileError, writeFileAtomic } from '../files/atomic';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../files/safetensors';

/**
 * A safetensors file of ours (program, checkpoint): tensors, one JSON document, and a SHA-256 over both, so that damage anywhere is
 * found and never computed with. Metadata keys: `format`, `format_version`, `sha256` and the document under the format's name.
 */
export interface SealedFormat<T> {
  /** value of `format`, for example `v2s-program` */
  format: string;
  version: number;
  /** metadata key of the document, and prefix of the error codes */
  key: string;
  schema: z.ZodType<T>;
  /** documents of earlier versions, by version, turned into those of this one before they are checked */
  earlier?: Readonly<Record<string, (document: unknown) => unknown>>;
  /** what to do about a damaged file */
  remedy: string;
}

export type SealedTensors = Map<string, StoredTensor>;

function seal(document: string, tensors: SealedTensors): string {
  const hash = createHash('sha256').update(document);
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!;
    hash.update(`${name}[${shape.join(',')}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** The bytes of a file; the same for the same content. */
export function encodeSealed<T>(format: SealedFormat<T>, document: T, tensors: SealedTensors): Uint8Array {
  const json = JSON.stringify(format.schema.parse(document));
  const metadata = {
    format: format.format,
    format_version: String(format.version),
    sha256: seal(json, tensors),
    [format.key]: json,
  };
  return encodeSafetensors({ tensors, metadata });
}

/**
 * @param what names the file in errors
 * @throws V2SError `KEY.corrupt`, `KEY.format` (another kind of file), `KEY.version`
 */
export function decodeSealed<T>(
  format: SealedFormat<T>,
  bytes: Uint8Array,
  what: string,
): { document: T; tensors: SealedTensors } {
  const corrupt = (why: string, cause?: unknown): V2SError =>
    new V2SError(`${format.key}.corrupt`, `${what} is damaged: ${why}. ${format.remedy}`, { cause });
  let file;
  try {
    file = decodeSafetensors(bytes, what);
  } catch (error) {
    if (!(error instanceof V2SError)) throw error;
    throw new V2SError(`${format.key}.corrupt`, `${error.message} ${format.remedy}`, { cause: error });
  }
  const { tensors, metadata } = file;
  if (metadata.format !== format.format)
    throw new V2SError(
      `${format.key}.format`,
      `${what} is a safetensors file, but not a ${format.format} file: its format is ` +
        `${metadata.format === undefined ? 'not given' : JSON.stringify(metadata.format)}.`,
    );
  const version = metadata.format_version;
  const upgrade = version === String(format.version) ? (document: unknown) => document : format.earlier?.[version];
  if (!upgrade)
    throw new V2SError(
      `${format.key}.version`,
      `${what} has format version ${JSON.stringify(version)}; this V2S reads version ${format.version}. ` +
        'It may have been written by a newer V2S: update V2S.',
    );
  const json = metadata[format.key];
  if (json === undefined || seal(json, tensors) !== metadata.sha256)
    throw corrupt('its content does not match its checksum');
  let value: unknown;
  try {
    value = upgrade(JSON.parse(json));
  } catch (error) {
    throw corrupt('its metadata is not JSON', error);
  }
  const parsed = format.schema.safeParse(value);
  if (!parsed.success)
    throw corrupt(`its metadata is not as expected (${parsed.error.issues[0].path.join('.')})`, parsed.error);
  return { document: parsed.data, tensors };
}

/** @throws V2SError as `decodeSealed`, and `file.*` */
export async function readSealed<T>(
  format: SealedFormat<T>,
  path: string,
): Promise<{ document: T; tensors: SealedTensors }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw fileError(error, path, 'read');
  }
  return decodeSealed(format, bytes, path);
}

/** Atomic. @throws V2SError `file.*`; the old file is then untouched */
export async function writeSealed<T>(
  format: SealedFormat<T>,
  path: string,
  document: T,
  tensors: SealedTensors,
): Promise<void> {
  await writeFileAtomic(path, encodeSealed(format, document, tensors));
}

/** A tensor of exactly this type and shape. @throws V2SError `KEY.corrupt` */
export function takeTensor<A extends StoredTensor['data']>(
  format: SealedFormat<unknown>,
  tensors: SealedTensors,
  name: string,
  type: abstract new (...args: never[]) => A,
  shape: readonly number[],
  what: string,
): A {
  const tensor = tensors.get(name);
  if (!(tensor?.data instanceof type) || tensor.shape.join() !== shape.join())
    throw new V2SError(
      `${format.key}.corrupt`,
      `${what} is damaged: it has no tensor ${name} of shape [${shape.join(', ')}]. ${format.remedy}`,
    );
  return tensor.data;
}
