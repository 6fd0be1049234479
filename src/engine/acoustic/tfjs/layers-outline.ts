import type { LayersModel } from '@tensorflow/tfjs-layers';
import { V2SError } from '../../errors';
import type { InputLayout } from '../card';
import type { TapDescription } from '../model';

/** Sizes without that of the batch; null: any. */
export type LayerShape = (number | null)[];

/** A LayersModel without its numbers: which layers it has and what goes in and out of them. */
export interface LayersOutline {
  name: string;
  inputs: LayerShape[];
  outputs: LayerShape[];
  /** the layers of the model itself, in its order; a model inside it is one layer */
  layers: LayerOutline[];
}

export interface LayerOutline {
  name: string;
  className: string;
  /** of its output; null for a layer with several outputs */
  shape: LayerShape | null;
}

/** Classes whose outputs are shown unless other layers are named. */
const CONVOLUTIONS = new Set(['Conv1D', 'Conv2D', 'DepthwiseConv2D', 'SeparableConv2D']);

/** A shape as it stands in messages, for example [any, 80, 1]. */
export function shapeText(shape: LayerShape): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}

export function outlineOf(model: LayersModel): LayersOutline {
  return {
    name: model.name,
    inputs: model.inputs.map(({ shape }) => shape.slice(1)),
    outputs: model.outputs.map(({ shape }) => shape.slice(1)),
    layers: model.layers.map((layer) => {
      const shape = layer.outputShape;
      const single = shape.length > 0 && !Array.isArray(shape[0]);
      return {
        name: layer.name,
        className: layer.getClassName(),
        shape: single ? (shape.slice(1) as LayerShape) : null,
      };
    }),
  };
}

/** The layout in which a LayersModel takes features. @throws V2SError `model.input` when no layout fits */
export function inputLayoutOf({ inputs }: LayersOutline, [frames, bins]: [number, number], what: string): InputLayout {
  const shapes: Record<InputLayout, number[]> = {
    'frames-bins': [frames, bins],
    'frames-bins-1': [frames, bins, 1],
    'bins-frames-1': [bins, frames, 1],
  };
  const [shape, ...more] = inputs;
  for (const [layout, wanted] of Object.entries(shapes) as [InputLayout, number[]][])
    if (
      more.length === 0 &&
      shape.length === wanted.length &&
      shape.every((size, i) => size === null || size === wanted[i])
    )
      return layout;
  throw new V2SError(
    'model.input',
    `${what} takes input of shape ${inputs.map(shapeText).join(' and ')}, but its front end gives ${frames} frames of ` +
      `${bins} mel bins. Expected one input of shape ${Object.values(shapes).map(shapeText).join(' or ')}. If the model has ` +
      'another front end, describe that in a JSON file (for example its hop and melBins).',
  );
}

/** K. @throws V2SError `model.output` unless there is one output [K] */
export function outputSize({ outputs }: LayersOutline, what: string): number {
  const k = outputs[0]?.[0];
  if (outputs.length !== 1 || outputs[0].length !== 1 || k === null || k === undefined)
    throw new V2SError(
      'model.output',
      `${what} gives ${outputs.map(shapeText).join(' and ')}, expected one output [K] with one value per source word.`,
    );
  return k;
}

/** The layers that are shown unless others are named: every convolution. */
export function convolutionsOf({ layers }: LayersOutline): string[] {
  return layers.filter(({ className }) => CONVOLUTIONS.has(className)).map(({ name }) => name);
}

/** The sizes of an output over time, [frames, channels] or [frames, bins, channels]; null when it cannot be shown. */
export function shownSizes({ className, shape }: LayerOutline): number[] | null {
  if (className === 'InputLayer' || (shape?.length !== 2 && shape?.length !== 3)) return null;
  return shape.every((size) => size !== null) ? shape : null;
}

/** The number of frames that an output [frames] or [frames, 1] can weigh; null when it has another shape. */
export function weighedFrames({ className, shape }: LayerOutline): number | null {
  if (className === 'InputLayer' || !(shape?.length === 1 || (shape?.length === 2 && shape[1] === 1))) return null;
  return shape[0];
}

/**
 * What a layer's output [frames, channels] or [frames, bins, channels] shows. One-dimensional layers have one bin: each of their
 * values belongs to a frame as a whole.
 * @throws V2SError `model.taps`
 */
export function describeTap(outline: LayersOutline, name: string, layout: InputLayout): TapDescription {
  const layer = layerOf(outline, name, 'model.taps');
  const sizes = shownSizes(layer);
  if (!sizes)
    throw new V2SError(
      'model.taps',
      layer.className === 'InputLayer'
        ? `The layer ${name} is the input, ${shapeText(layer.shape!)}, and cannot be shown. Choose a layer that computes something over time.`
        : `The layer ${name} gives ${shapeText(layer.shape!)} and cannot be shown. Choose a layer over time: [frames, channels] or ` +
            '[frames, bins, channels] with fixed sizes.',
    );
  const [first, second, third] = sizes;
  if (sizes.length === 2) return { name, frames: first, bins: 1, channels: second };
  const transposed = layout === 'bins-frames-1';
  return { name, frames: transposed ? second : first, bins: transposed ? first : second, channels: third };
}

/** Checks that a layer weighs frames, [frames] or [frames, 1]. @throws V2SError `model.attention` */
export function describeAttention(outline: LayersOutline, name: string, frames: number): void {
  const layer = layerOf(outline, name, 'model.attention');
  const weighed = weighedFrames(layer);
  if (weighed === null || weighed > frames)
    throw new V2SError(
      'model.attention',
      `The layer ${name} gives ${shapeText(layer.shape!)}, but attention is one weight for each of at most ${frames} frames, ` +
        '[frames] or [frames, 1].',
    );
}

/** A layer with one output. @throws V2SError with `code` */
function layerOf({ layers }: LayersOutline, name: string, code: string): LayerOutline {
  const layer = layers.find((one) => one.name === name);
  if (!layer)
    throw new V2SError(
      code,
      `The model has no layer ${JSON.stringify(name)}. Its layers: ${layers.map((one) => one.name).join(', ')}.`,
    );
  if (layer.shape === null)
    throw new V2SError(code, `The layer ${name} has several outputs. Choose a layer with a single output.`);
  return layer;
}
