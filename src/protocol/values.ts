import * as z from 'zod';

/** Shapes that several messages share. Numbers in bulk travel as typed arrays, which both channels copy without conversion. */

export const float32 = z.custom<Float32Array>((value) => value instanceof Float32Array, 'expected a Float32Array');
export const float64 = z.custom<Float64Array>((value) => value instanceof Float64Array, 'expected a Float64Array');
export const int32 = z.custom<Int32Array>((value) => value instanceof Int32Array, 'expected an Int32Array');
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected a Uint8Array');

/** A time-frequency picture: `values` is [frame][bin], row-major. */
export const gridSchema = z.object({ frames: z.int().min(0), bins: z.int().min(0), values: float32 });
export type Grid = z.infer<typeof gridSchema>;

/** Position among all; `total` 0 when it is not known yet. */
export const progressSchema = z.object({ done: z.number(), total: z.number(), text: z.string().optional() });
export type Progress = z.infer<typeof progressSchema>;

/** loss: paper, equation 3; accuracy: 0..1 */
export const metricsSchema = z.object({ loss: z.number(), accuracy: z.number() });

export const emptySchema = z.object({});

/** `grad-cam` shows attention and the convolution layers; the others add a curve from the waveform to them. */
export const saliencyMethodSchema = z.enum([
  'grad-cam',
  'gradient-x-input',
  'integrated-gradients',
  'occlusion',
  'perturbation',
]);
export type SaliencyMethod = z.infer<typeof saliencyMethodSchema>;

export const projectionSchema = z.enum(['t-sne', 'umap', 'pca']);
export type Projection = z.infer<typeof projectionSchema>;

/** An error as it is shown: a stable code and a sentence that says what to do. */
export const failureSchema = z.object({ code: z.string(), message: z.string() });
