import { createHash } from 'node:crypto';

/** What a LayersModel is made of, as its `toJSON` or Keras's `model_config` says: `class_name` and `config` of the model. */
export interface Topology {
  class_name: string;
  config: unknown;
}

/** topology.json as it is written to a model folder. */
export function encodeTopology(topology: Topology): string {
  return `${JSON.stringify(topology, null, 1)}\n`;
}

/** SHA-256 (hex) of the text of topology.json. */
export function topologySha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
