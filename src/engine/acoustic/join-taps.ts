import type { Taps } from './model';

/** Packs the taps of the parts of a batch, in their order, into those of the whole. @param parts at least one, of the same model */
export function joinTaps(parts: readonly Taps[]): Taps {
  if (parts.length === 1) return parts[0];
  const joined = (pick: (part: Taps) => Float32Array): Float32Array => concatenate(parts.map(pick));
  const [{ attention, convolutions, input }] = parts;
  return {
    logits: joined((part) => part.logits),
    features: joined((part) => part.features),
    attention: attention && joined((part) => part.attention!),
    convolutions: convolutions.map(({ tap, gradient }, i) => ({
      tap,
      activation: joined((part) => part.convolutions[i].activation),
      gradient: gradient && joined((part) => part.convolutions[i].gradient!),
    })),
    input: input && joined((part) => part.input!),
  };
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
