import { createRequire } from 'node:module';
import process from 'node:process';
import util from 'node:util';
import type { TfjsApi } from './tfjs-backend';

/**
 * @tensorflow/tfjs-node, the optional native TensorFlow for TensorFlow.js. It is never bundled: it is looked up by name
 * where Node looks (node_modules, NODE_PATH) or in the folder given (see docs/tfjs-node.md for how to build it).
 */
const PACKAGE = '@tensorflow/tfjs-node';

interface TfjsNodeApi extends TfjsApi {
  version: Record<string, string> & { 'tfjs-node': string };
}

/** @throws Error with the reason when the package is not installed or its native library does not load */
export function loadTfjsNode(folder?: string): { tf: TfjsApi; version: string; tensorflowVersion: string } {
  restoreRemovedUtilities();
  // TensorFlow writes notes about CPU features to stderr unless told to write warnings only; read when the library loads.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  const load = createRequire(__filename);
  const tf = load(folder ?? PACKAGE) as TfjsNodeApi;
  const { binding } = tf.findBackend('tensorflow') as unknown as { binding: { TF_Version: string } };
  return { tf, version: tf.version['tfjs-node'], tensorflowVersion: binding.TF_Version };
}

/**
 * tfjs-node 4.22 calls two functions of node:util that Node has long deprecated: isNullOrUndefined is gone from version 23 on,
 * isArray warns on stderr.
 */
function restoreRemovedUtilities(): void {
  const legacy = util as unknown as Record<string, (value: unknown) => boolean>;
  legacy['isNullOrUndefined'] ??= (value) => value === null || value === undefined;
  legacy['isArray'] = Array.isArray;
}
