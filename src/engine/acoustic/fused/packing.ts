// Weights in the order in which the kernels read them. Channels and outputs are filled up to a multiple of 4 with zeros.
import { TAPS_PER_CONVOLUTION } from '../architecture';

export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;
/** Channels as the kernels store them: 1, or a multiple of 4. */
export const storedChannels = (channels: number): number => (channels === 1 ? 1 : roundUp(channels, 4));

const GATES = 4;

/** A slice of the input channels of a Keras kernel [5][1][inputs][outputs]. */
export interface KernelSlice {
  kernel: Float32Array;
  inputs: number;
  outputs: number;
  firstInput: number;
  sliceInputs: number;
}

const weightAt = (
  { kernel, inputs, outputs, firstInput, sliceInputs }: KernelSlice,
  tap: number,
  i: number,
  o: number,
): number => (i < sliceInputs && o < outputs ? kernel[(tap * inputs + firstInput + i) * outputs + o] : 0);

function packConvolution(
  rows: number,
  columns: number,
  weight: (tap: number, row: number, column: number) => number,
): Float32Array {
  const storedRows = storedChannels(rows);
  const storedColumns = storedChannels(columns);
  const packed = new Float32Array(TAPS_PER_CONVOLUTION * storedRows * storedColumns);
  let at = 0;
  if (storedColumns === 1) {
    for (let row = 0; row < storedRows; row++)
      for (let tap = 0; tap < TAPS_PER_CONVOLUTION; tap++) packed[at++] = weight(tap, row, 0);
    return packed;
  }
  for (let block = 0; block < storedColumns; block += 4)
    for (let tap = 0; tap < TAPS_PER_CONVOLUTION; tap++)
      for (let row = 0; row < storedRows; row++)
        for (let column = block; column < block + 4; column++) packed[at++] = weight(tap, row, column);
  return packed;
}

/** For convolveMany [o / 4][tap][i][o % 4], or convolveOne [i][tap] when there is one output. */
export function packForward(slice: KernelSlice): Float32Array {
  return packConvolution(slice.sliceInputs, slice.outputs, (tap, i, o) => weightAt(slice, tap, i, o));
}

/** The convolution that carries gradients back: taps reversed, inputs and outputs exchanged. */
export function packBackward(slice: KernelSlice): Float32Array {
  return packConvolution(slice.outputs, slice.sliceInputs, (tap, o, i) =>
    weightAt(slice, TAPS_PER_CONVOLUTION - 1 - tap, i, o),
  );
}

/** Keras [inputs][4 H] and [H][4 H], gate-major, as lstmForward's [h][inputs + H][4]. */
export function packLstmForward(
  kernel: Float32Array,
  recurrent: Float32Array,
  inputs: number,
  units: number,
): Float32Array {
  const rows = inputs + units;
  const packed = new Float32Array(units * rows * GATES);
  for (let h = 0; h < units; h++)
    for (let row = 0; row < rows; row++)
      for (let gate = 0; gate < GATES; gate++) {
        const column = gate * units + h;
        packed[(h * rows + row) * GATES + gate] =
          row < inputs ? kernel[row * GATES * units + column] : recurrent[(row - inputs) * GATES * units + column];
      }
  return packed;
}

/** As lstmBackward's [(inputs + H) / 4][H][4 gates][4 rows]. */
export function packLstmBackward(
  kernel: Float32Array,
  recurrent: Float32Array,
  inputs: number,
  units: number,
): Float32Array {
  const rows = inputs + units;
  const packed = new Float32Array(units * rows * GATES);
  let at = 0;
  for (let block = 0; block < rows; block += 4)
    for (let h = 0; h < units; h++)
      for (let gate = 0; gate < GATES; gate++)
        for (let row = block; row < block + 4; row++) {
          const column = gate * units + h;
          packed[at++] =
            row < inputs ? kernel[row * GATES * units + column] : recurrent[(row - inputs) * GATES * units + column];
        }
  return packed;
}

/** Gate-major [..][4][H] to the kernels' unit-major [..][H][4]. */
export function toUnitMajor(data: Float32Array, units: number): Float32Array {
  return exchange(data, GATES, units);
}

/** Unit-major [..][H][4] back to gate-major [..][4][H]. */
export function toGateMajor(data: Float32Array, units: number): Float32Array {
  return exchange(data, units, GATES);
}

function exchange(data: Float32Array, outer: number, inner: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += outer * inner)
    for (let a = 0; a < outer; a++)
      for (let b = 0; b < inner; b++) out[row + b * outer + a] = data[row + a * inner + b];
  return out;
}

/** [inputs][outputs] with the outputs filled up to `stored`. */
export function padOutputs(kernel: Float32Array, outputs: number, stored: number): Float32Array {
  const rows = kernel.length / outputs;
  const padded = new Float32Array(rows * stored);
  for (let i = 0; i < rows; i++) padded.set(kernel.subarray(i * outputs, (i + 1) * outputs), i * stored);
  return padded;
}

/** The inverse of padOutputs. */
export function dropPadding(padded: Float32Array, outputs: number, stored: number): Float32Array {
  const rows = padded.length / stored;
  const kernel = new Float32Array(rows * outputs);
  for (let i = 0; i < rows; i++) kernel.set(padded.subarray(i * stored, i * stored + outputs), i * outputs);
  return kernel;
}
