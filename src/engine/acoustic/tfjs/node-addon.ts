import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import util from 'node:util';
import type { TfjsApi } from './api';

/**
 * @tensorflow/tfjs-node, the optional native TensorFlow for TensorFlow.js. It is never bundled: it is looked up by name
 * where Node looks (node_modules, NODE_PATH) or in the folder given (see docs/tfjs-node.md for how to build it).
 */
const PACKAGE = '@tensorflow/tfjs-node';
/** Its native library, in lib/napi-v and the version of Node's interface. */
const BINDING = 'tfjs_binding.node';

interface TfjsNodeApi extends TfjsApi {
  version: Record<string, string> & { 'tfjs-node': string };
}

/** @throws Error with the reason when the package is not installed or its native library does not load */
export function loadTfjsNode(folder?: string): { tf: TfjsApi; version: string; tensorflowVersion: string } {
  restoreRemovedUtilities();
  // TensorFlow writes notes about CPU features to stderr unless told to write warnings only; read when the library loads.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  const load = createRequire(__filename);
  const tf = load(folder ?? findTfjsNode(load)) as TfjsNodeApi;
  const { binding } = tf.findBackend('tensorflow') as unknown as { binding: { TF_Version: string } };
  return { tf, version: tf.version['tfjs-node'], tensorflowVersion: binding.TF_Version };
}

/**
 * The first installation whose native library is there: npm may have left one without it, which stands before a complete one of
 * NODE_PATH. Loading an incomplete one would also register a second TensorFlow.js before it fails.
 * @throws Error when none is complete
 */
function findTfjsNode(require: NodeJS.Require): string {
  const installed = (require.resolve.paths(PACKAGE) ?? []).map((path) => join(path, PACKAGE)).filter(existsSync);
  const complete = installed.find(holdsNativeLibrary);
  if (complete !== undefined) return complete;
  throw new Error(
    installed.length === 0
      ? `${PACKAGE} is not installed (node_modules, NODE_PATH).`
      : `The native library lib/napi-v*/${BINDING} is missing in ${installed.join(', ')}.`,
  );
}

function holdsNativeLibrary(folder: string): boolean {
  const libraries = join(folder, 'lib');
  return existsSync(libraries) && readdirSync(libraries).some((napi) => existsSync(join(libraries, napi, BINDING)));
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
