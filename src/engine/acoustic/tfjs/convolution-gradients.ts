import type { NamedAttrMap, Tensor2D, Tensor3D, Tensor4D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { TfjsApi } from './api';

/** Attributes of the kernels Conv2D and DepthwiseConv2dNative, NHWC. */
interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]];
  dilations?: number | [number, number] | null;
}

/** One spatial axis of a convolution. */
interface Axis {
  input: number;
  output: number;
  taps: number;
  stride: number;
  dilation: number;
  /** zeros before the first input */
  before: number;
}

/** Whether the current backend has a kernel of this name. */
const has = (tf: TfjsApi, kernel: string): boolean => tf.getKernel(kernel, tf.getBackend()) !== undefined;

/**
 * Replaces TensorFlow.js's gradients of its two-dimensional convolutions (one-dimensional ones are made of them) by such as
 * also work with dilation, which the library refuses, and on the WebAssembly backend, which lacks kernels for the gradients of
 * filters. Elsewhere the kernels of the backend are used. The registry is global, and loading the Layers API fills it anew.
 */
export function registerConvolutionGradients(tf: TfjsApi): void {
  const register = (
    kernelName: string,
    asDense: (filter: Tensor4D) => Tensor4D,
    gradientOfFilter: typeof filterGradient,
  ): void =>
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x', 'filter'],
      gradFunc: (dy, saved, attributes) => {
        const [x, filter] = saved as [Tensor4D, Tensor4D];
        const attrs = attributes as unknown as ConvolutionAttributes;
        return {
          x: () => inputGradient(tf, x.shape, dy as Tensor4D, asDense(filter), attrs),
          filter: () => gradientOfFilter(tf, x, dy as Tensor4D, filter.shape, attrs),
        };
      },
    });
  register('Conv2D', (filter) => filter, filterGradient);
  register('DepthwiseConv2dNative', (filter) => denseFilter(tf, filter), depthwiseFilterGradient);
}

const pair = (value: number | [number, number] | null | undefined): [number, number] =>
  value === null || value === undefined ? [1, 1] : typeof value === 'number' ? [value, value] : value;

function axes(
  input: Tensor4D['shape'],
  output: Tensor4D['shape'],
  filter: Tensor4D['shape'],
  { strides, pad, dilations }: ConvolutionAttributes,
): [Axis, Axis] {
  const axis = (i: 0 | 1): Axis => {
    const taps = filter[i];
    const stride = pair(strides)[i];
    const dilation = pair(dilations)[i];
    const span = (taps - 1) * dilation + 1;
    const size = { input: input[i + 1], output: output[i + 1] };
    const before =
      pad === 'valid'
        ? 0
        : pad === 'same'
          ? Math.floor(Math.max(0, (size.output - 1) * stride + span - size.input) / 2)
          : typeof pad === 'number'
            ? pad
            : pad[i + 1][0];
    return { ...size, taps, stride, dilation, before };
  };
  return [axis(0), axis(1)];
}

/** d loss / d x of y = conv2d(x, filter), of the shape of x. */
function inputGradient(
  tf: TfjsApi,
  shape: Tensor4D['shape'],
  dy: Tensor4D,
  filter: Tensor4D,
  attributes: ConvolutionAttributes,
): Tensor4D {
  const [height, width] = axes(shape, dy.shape, filter.shape, attributes);
  const dilated = height.dilation > 1 || width.dilation > 1;
  if (!dilated && tf.getBackend() !== 'wasm') {
    const { strides, pad } = attributes;
    const attrs = { strides, pad, dataFormat: 'NHWC', inputShape: shape };
    return tf.engine().runKernel('Conv2DBackpropInput', { dy, filter }, attrs as unknown as NamedAttrMap);
  }
  // The convolution of dy, spread by the stride, with the mirrored filter: the library's kernel knows no dilation, and that of
  // the WebAssembly backend is many times slower than its convolution.
  const ends = ({ input, output, taps, stride, dilation, before }: Axis): [number, number] => {
    const reach = (taps - 1) * dilation;
    return [reach - before, input - output * stride + before];
  };
  return tf.tidy(() => {
    const mirrored: Tensor4D = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const padded = cropped(tf, spread(tf, dy, height.stride, width.stride), [ends(height), ends(width)]);
    return tf.conv2d(padded, mirrored, 1, 'valid', 'NHWC', [height.dilation, width.dilation]);
  });
}

/** Zeros put after every value, so that it has the stride as its share of each spatial axis. */
function spread(tf: TfjsApi, x: Tensor4D, down: number, across: number): Tensor4D {
  const [n, height, width, channels] = x.shape;
  const after = (rows: number, size: number, zeros: number): Tensor3D =>
    tf.pad(tf.reshape(x, [rows, 1, size]), [
      [0, 0],
      [0, zeros],
      [0, 0],
    ]);
  if (across > 1)
    return spread(
      tf,
      tf.reshape(after(n * height * width, channels, across - 1), [n, height, width * across, channels]),
      down,
      1,
    );
  if (down > 1) return tf.reshape(after(n * height, width * channels, down - 1), [n, height * down, width, channels]);
  return x;
}

/** Zeros added at both ends of the spatial axes, or values taken away where the number is negative. */
function cropped(tf: TfjsApi, x: Tensor4D, ends: [[number, number], [number, number]]): Tensor4D {
  const add = ends.map((end) => end.map((n) => Math.max(0, n)) as [number, number]);
  const cut = ends.map((end) => end.map((n) => Math.max(0, -n)) as [number, number]);
  const padded = tf.pad(x, [[0, 0], add[0], add[1], [0, 0]]);
  const [n, height, width, channels] = padded.shape;
  return tf.slice(
    padded,
    [0, cut[0][0], cut[1][0], 0],
    [n, height - cut[0][0] - cut[0][1], width - cut[1][0] - cut[1][1], channels],
  );
}

/** For every tap (i, j) of the filter in turn, the inputs that it met, [n, output height, output width, channels]. */
function metByTap(tf: TfjsApi, x: Tensor4D, height: Axis, width: Axis, use: (met: Tensor4D) => TfTensor): TfTensor[] {
  const after = ({ input, output, taps, stride, dilation, before }: Axis): number =>
    (output - 1) * stride + (taps - 1) * dilation + 1 - input - before;
  const padded = cropped(tf, x, [
    [height.before, after(height)],
    [width.before, after(width)],
  ]);
  const [n, , , channels] = padded.shape;
  const results: TfTensor[] = [];
  for (let i = 0; i < height.taps; i++)
    for (let j = 0; j < width.taps; j++)
      results.push(
        tf.tidy(() => {
          const [top, left] = [i * height.dilation, j * width.dilation];
          const end = [top + (height.output - 1) * height.stride + 1, left + (width.output - 1) * width.stride + 1];
          const strides = [1, height.stride, width.stride, 1];
          const met = tf.stridedSlice(padded, [0, top, left, 0], [n, end[0], end[1], channels], strides);
          return use(met as Tensor4D);
        }),
      );
  return results;
}

/** d loss / d filter of y = conv2d(x, filter). */
function filterGradient(
  tf: TfjsApi,
  x: Tensor4D,
  dy: Tensor4D,
  shape: Tensor4D['shape'],
  attributes: ConvolutionAttributes,
): Tensor4D {
  const [height, width] = axes(x.shape, dy.shape, shape, attributes);
  const dilated = height.dilation > 1 || width.dilation > 1;
  if (!dilated && has(tf, 'Conv2DBackpropFilter')) {
    const { strides, pad } = attributes;
    const attrs = { strides, pad, dataFormat: 'NHWC', filterShape: shape };
    return tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attrs as unknown as NamedAttrMap);
  }
  return tf.tidy(() => {
    const [, , inputs, outputs] = shape;
    const rows: Tensor2D = tf.reshape(dy, [-1, outputs]);
    const taps = metByTap(tf, x, height, width, (met) => tf.matMul(tf.reshape(met, [-1, inputs]), rows, true));
    return tf.reshape(tf.stack(taps), shape);
  });
}

/** The filter [height, width, channels, multiplier] of a depthwise convolution as one that sees all channels. */
function denseFilter(tf: TfjsApi, filter: Tensor4D): Tensor4D {
  const [height, width, channels, multiplier] = filter.shape;
  return tf.tidy(() => {
    const own = tf.reshape(tf.eye(channels), [1, 1, channels, channels, 1]);
    const spread = tf.mul(tf.reshape(filter, [height, width, channels, 1, multiplier]), own);
    return tf.reshape(spread, [height, width, channels, channels * multiplier]);
  });
}

function depthwiseFilterGradient(
  tf: TfjsApi,
  x: Tensor4D,
  dy: Tensor4D,
  shape: Tensor4D['shape'],
  attributes: ConvolutionAttributes,
): Tensor4D {
  const [height, width] = axes(x.shape, dy.shape, shape, attributes);
  const [, , channels, multiplier] = shape;
  return tf.tidy(() => {
    const wanted = tf.reshape(dy, [-1, channels, multiplier]);
    const taps = metByTap(tf, x, height, width, (met) => tf.sum(tf.mul(tf.reshape(met, [-1, channels, 1]), wanted), 0));
    return tf.reshape(tf.stack(taps), shape);
  });
}
