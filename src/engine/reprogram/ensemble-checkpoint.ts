import * as z from 'zod';
import { V2SError } from '../errors';
import { ensembleFiguresSchema } from './program-description';
import { decodeSealed, encodeSealed, takeTensor, type SealedFormat, type SealedTensors } from './sealed-file';

const documentSchema = z.object({
  fingerprint: z.string(),
  rows: z.int().min(1),
  sourceWords: z.int().min(1),
  /** members heard */
  members: z.int().min(0),
  curve: z.array(ensembleFiguresSchema),
  metricsLines: z.int().min(0),
  seconds: z.number(),
  msPerClip: z.array(z.number()),
});

/** What an ensemble has heard so far. */
export interface EnsembleCheckpoint {
  /** of everything that the logits depend on: options, data, acoustic model, members */
  fingerprint: string;
  /** series heard by each member: those of TRAIN, then flattened ones */
  rows: number;
  sourceWords: number;
  /** of each member, [rows * sourceWords] */
  logits: Float32Array[];
  curve: { members: number; accuracy: number; logLoss: number }[];
  metricsLines: number;
  seconds: number;
  msPerClip: number[];
}

const FORMAT: SealedFormat<z.infer<typeof documentSchema>> = {
  format: 'v2s-ensemble-checkpoint',
  version: 1,
  key: 'checkpoint',
  schema: documentSchema,
  remedy: 'This run cannot be resumed. Start a new run.',
};

export function encodeEnsembleCheckpoint({ logits, ...told }: EnsembleCheckpoint): Uint8Array {
  const shape = [told.rows, told.sourceWords];
  const tensors: SealedTensors = new Map(logits.map((data, p) => [`member.${p}`, { shape, data }]));
  return encodeSealed(FORMAT, { ...told, members: logits.length }, tensors);
}

/**
 * @param what names the file in errors
 * @throws V2SError `checkpoint.corrupt`, `checkpoint.format`, `checkpoint.version`
 */
export function decodeEnsembleCheckpoint(bytes: Uint8Array, what: string): EnsembleCheckpoint {
  const { document, tensors } = decodeSealed(FORMAT, bytes, what);
  const { members, ...told } = document;
  const shape = [told.rows, told.sourceWords];
  return {
    ...told,
    logits: Array.from({ length: members }, (_, p) =>
      takeTensor(FORMAT, tensors, `member.${p}`, Float32Array, shape, what),
    ),
  };
}

/** @throws V2SError `checkpoint.other` for a checkpoint of other options, data, or another acoustic model */
export function assertFingerprint(checkpoint: EnsembleCheckpoint, fingerprint: string): void {
  if (checkpoint.fingerprint !== fingerprint)
    throw new V2SError(
      'checkpoint.other',
      'The checkpoint belongs to other options, other data, or another acoustic model. Start a new run.',
    );
}
