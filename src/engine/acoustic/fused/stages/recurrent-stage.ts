import type { Tensors } from '../../model';
import { LSTM_UNITS } from '../../architecture';
import type { Arena } from '../arena';
import type { Kernels } from '../module';
import { packLstmBackward, packLstmForward, toGateMajor, toUnitMajor } from '../packing';
import type { WeightSlots } from './weight-slots';

const GATES = 4 * LSTM_UNITS;

interface Direction {
  name: string;
  backwards: number;
  forwardWeights: number;
  backwardWeights: number;
  bias: number;
  gates: number;
  cell: number;
  squashed: number;
}

/** A bidirectional LSTM layer: [T][inputs][B] to [T][2 units][B], the forward half first. */
export class RecurrentStage {
  readonly output: number;
  readonly outputGradient: number;
  private readonly directions: Direction[];
  private readonly carry: number;
  private readonly gradient: number;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    slots: WeightSlots,
    name: string,
    private readonly inputs: number,
    private readonly frames: number,
    capacity: number,
  ) {
    const units = LSTM_UNITS;
    this.output = arena.cells(frames * 2 * units * capacity);
    this.outputGradient = arena.cells(frames * 2 * units * capacity);
    this.carry = arena.cells(2 * units * capacity);
    this.gradient = arena.cells(Math.max(inputs, units) * GATES);
    this.directions = ['forward', 'backward'].map((direction, i) => {
      const full = `${name}.${direction}`;
      const kernel = (): Float32Array => slots.get(`${full}.kernel`);
      const recurrent = (): Float32Array => slots.get(`${full}.recurrent`);
      const cells = (inputs + units) * GATES;
      return {
        name: full,
        backwards: i,
        forwardWeights: slots.derive(cells, () => packLstmForward(kernel(), recurrent(), inputs, units)),
        backwardWeights: slots.derive(cells, () => packLstmBackward(kernel(), recurrent(), inputs, units)),
        bias: slots.derive(GATES, () => toUnitMajor(slots.get(`${full}.bias`), units)),
        gates: arena.cells(frames * GATES * capacity),
        cell: arena.cells(frames * units * capacity),
        squashed: arena.cells(frames * units * capacity),
      };
    });
  }

  forward(input: number, B: number): void {
    for (const d of this.directions)
      this.kernels.lstmForward(
        ...[
          input,
          d.forwardWeights,
          d.bias,
          this.output,
          2 * LSTM_UNITS,
          d.backwards * LSTM_UNITS,
          d.gates,
          d.cell,
          d.squashed,
        ],
        ...[this.frames, B, this.inputs, LSTM_UNITS, d.backwards],
      );
  }

  /** Output of the last forward averaged over frames, packed [n * 2 units]; sums in 64 bits. */
  means(n: number, B: number): Float32Array {
    const size = 2 * LSTM_UNITS * B;
    const output = this.arena.floats(this.output, this.frames * size);
    const sums = new Float64Array(size);
    for (let at = 0, i = 0; at < output.length; at++) {
      sums[i] += output[at];
      if (++i === size) i = 0;
    }
    const packed = new Float32Array(n * 2 * LSTM_UNITS);
    for (let clip = 0; clip < n; clip++)
      for (let u = 0; u < 2 * LSTM_UNITS; u++) packed[clip * 2 * LSTM_UNITS + u] = sums[u * B + clip] / this.frames;
    return packed;
  }

  /** From `outputGradient` to the gradient by the input, which is overwritten. */
  backward(input: number, inputGradient: number, B: number, weights: Tensors | null): void {
    for (const d of this.directions) {
      this.kernels.lstmBackward(
        ...[
          this.outputGradient,
          2 * LSTM_UNITS,
          d.backwards * LSTM_UNITS,
          d.backwardWeights,
          d.gates,
          d.cell,
          d.squashed,
        ],
        ...[inputGradient, d.backwards, this.carry, this.frames, B, this.inputs, LSTM_UNITS, d.backwards],
      );
      if (weights) this.weightGradients(d, input, B, weights);
    }
  }

  private weightGradients(d: Direction, input: number, B: number, weights: Tensors): void {
    const { frames, inputs, kernels } = this;
    const frameBytes = (rows: number): number => rows * B * 4;
    const outer = (a: number, rows: number, stride: number, b: number, steps: number): Float32Array => {
      this.arena.floats(this.gradient, rows * GATES).fill(0);
      kernels.outerProducts(a, rows, stride, b, GATES, GATES, this.gradient, steps, B);
      return toGateMajor(this.arena.floats(this.gradient, rows * GATES), LSTM_UNITS);
    };
    weights.set(`${d.name}.kernel`, { shape: [inputs, GATES], data: outer(input, inputs, inputs, d.gates, frames) });
    // The state before step t is the output one frame earlier in the direction of travel.
    const states = this.output + d.backwards * LSTM_UNITS * B * 4 + (d.backwards ? frameBytes(2 * LSTM_UNITS) : 0);
    const gates = d.gates + (d.backwards ? 0 : frameBytes(GATES));
    weights.set(`${d.name}.recurrent`, {
      shape: [LSTM_UNITS, GATES],
      data: outer(states, LSTM_UNITS, 2 * LSTM_UNITS, gates, frames - 1),
    });
    this.arena.floats(this.gradient, GATES).fill(0);
    kernels.rowSums(d.gates, GATES, GATES, this.gradient, frames, B);
    weights.set(`${d.name}.bias`, {
      shape: [GATES],
      data: toGateMajor(this.arena.floats(this.gradient, GATES), LSTM_UNITS),
    });
  }
}
