import { createHash } from 'node:crypto';
import type { Tensors } from './model';

/**
 * SHA-256 (hex) over name, shape and little-endian bytes of every tensor, in the order of the names: the same for the same
 * weights wherever they are held.
 */
export function weightsSha256(weights: Tensors): string {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) {
    const { shape, data } = weights.get(name)!;
    hash.update(`${name}[${shape.join(',')}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
