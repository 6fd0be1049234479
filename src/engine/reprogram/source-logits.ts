import { encodeSafetensors } from '../files/safetensors';
import type { OutputKind } from '../files/outputs';
import type { ClassifyResult } from './classify';

/** By the header that `sourceLogitsFile` writes, after its length of 8 bytes. */
export const SOURCE_LOGITS: OutputKind = {
  name: 'a file of source logits',
  begins: /^[^]{8}\{"__metadata__":\{"format":"v2s-source-logits"/,
};

/** What the acoustic model said of every series, as safetensors: `logits` [series, members, source words], before the mapping. */
export function sourceLogitsFile({ logits, members, predictions }: ClassifyResult): Uint8Array {
  const n = predictions.length;
  const shape = [n, members, n === 0 ? 0 : logits.length / n / members];
  return encodeSafetensors({
    tensors: new Map([['logits', { shape, data: logits }]]),
    metadata: { format: 'v2s-source-logits', format_version: '1' },
  });
}
