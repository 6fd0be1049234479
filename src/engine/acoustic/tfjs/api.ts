import type * as tfjs from '@tensorflow/tfjs-core';
import type * as tfjsLayers from '@tensorflow/tfjs-layers';

/** The API of TensorFlow.js; tfjs-node brings its own copy, so it is handed on instead of imported. */
export type TfjsApi = typeof tfjs;

/** The Layers API of TensorFlow.js, of the same copy of the library. */
export type TfjsLayersApi = Pick<typeof tfjsLayers, 'input' | 'layers' | 'model' | 'models'>;
