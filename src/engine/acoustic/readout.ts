import { V2SError } from '../errors';
import { LSTM_UNITS } from './architecture';
import type { ModelCard } from './card';
import type { Readout, ReadoutValues } from './model';
import { concatenate } from './join-taps';

/** Numbers per clip of a read-out. @param sourceWords K of the acoustic model */
export function readoutWidth(readout: Readout, sourceWords: number): number {
  return readout === 'logits' ? sourceWords : 2 * LSTM_UNITS;
}

/**
 * Hidden states have a known place in the attention-RNN family only.
 * @throws V2SError `model.readout`
 */
export function requireReadout({ id, architecture }: Pick<ModelCard, 'id' | 'architecture'>, readout: Readout): void {
  if (readout !== 'logits' && architecture === 'tfjs')
    throw new V2SError(
      'model.readout',
      `The read-out ${readout} needs a model of the attention-RNN family. ${id} is a model of layers, of which only the logits ` +
        'can be read. Choose the read-out logits or another acoustic model.',
    );
}

/** The parts of a batch in their order. */
export function joinReadouts(parts: readonly ReadoutValues[]): ReadoutValues {
  const joined = (readout: Readout): Float32Array => concatenate(parts.map((part) => part[readout]));
  return { logits: joined('logits'), context: joined('context'), states: joined('states') };
}
