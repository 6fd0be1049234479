import type { Tensors } from '../../model';
import { DENSE1_UNITS, DENSE2_UNITS, LSTM_UNITS } from '../../architecture';
import type { Arena } from '../arena';
import type { Kernels } from '../module';
import { dropPadding, padOutputs, roundUp } from '../packing';
import type { WeightSlots } from './weight-slots';

const STATE = 2 * LSTM_UNITS;

/** One dense layer; outputs are stored up to a multiple of 4. */
interface DenseLayer {
  name: string;
  inputs: number;
  outputs: number;
  stored: number;
  kernel: number;
  bias: number;
}

/** Attention queried by the last step, and the dense layers 64 (ReLU), 32 and K: states [T][128][B] to logits [K][B]. */
export class HeadStage {
  /** weights over the frames of the last forward, [T][B] */
  readonly attention: number;
  private readonly query: number;
  private readonly context: number;
  private readonly hidden1: number;
  private readonly hidden2: number;
  private readonly logits: number;
  private readonly byLogits: number;
  private readonly byHidden2: number;
  private readonly byHidden1: number;
  private readonly byContext: number;
  private readonly byQuery: number;
  private readonly scratch: number;
  private readonly gradient: number;
  private readonly queryLayer: DenseLayer;
  private readonly dense1: DenseLayer;
  private readonly dense2: DenseLayer;
  private readonly output: DenseLayer;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    slots: WeightSlots,
    private readonly frames: number,
    private readonly k: number,
    capacity: number,
  ) {
    const layer = (name: string, inputs: number, outputs: number): DenseLayer => {
      const stored = roundUp(outputs, 4);
      return {
        name,
        inputs,
        outputs,
        stored,
        kernel: slots.derive(inputs * stored, () => padOutputs(slots.get(`${name}.kernel`), outputs, stored)),
        bias: slots.derive(stored, () => padOutputs(slots.get(`${name}.bias`), outputs, stored)),
      };
    };
    this.queryLayer = layer('query', STATE, STATE);
    this.dense1 = layer('dense1', STATE, DENSE1_UNITS);
    this.dense2 = layer('dense2', DENSE1_UNITS, DENSE2_UNITS);
    this.output = layer('output', DENSE2_UNITS, k);
    const rows = (n: number): number => arena.cells(n * capacity);
    this.attention = rows(frames);
    this.query = rows(STATE);
    this.context = rows(STATE);
    this.hidden1 = rows(DENSE1_UNITS);
    this.hidden2 = rows(DENSE2_UNITS);
    this.logits = rows(this.output.stored);
    this.byLogits = rows(this.output.stored);
    this.byHidden2 = rows(DENSE2_UNITS);
    this.byHidden1 = rows(DENSE1_UNITS);
    this.byContext = rows(STATE);
    this.byQuery = rows(STATE);
    this.scratch = rows(frames);
    this.gradient = arena.cells(STATE * Math.max(STATE, this.output.stored));
  }

  private last(states: number, B: number): number {
    return states + (this.frames - 1) * STATE * B * 4;
  }

  private apply(layer: DenseLayer, x: number, out: number, rectify: boolean, B: number): void {
    this.kernels.dense(
      x,
      layer.inputs,
      layer.kernel,
      layer.stored,
      1,
      layer.bias,
      out,
      layer.stored,
      0,
      Number(rectify),
      B,
    );
  }

  private applyBackward(layer: DenseLayer, dOut: number, dX: number, accumulate: boolean, B: number): void {
    this.kernels.dense(
      dOut,
      layer.stored,
      layer.kernel,
      1,
      layer.stored,
      0,
      dX,
      layer.inputs,
      Number(accumulate),
      0,
      B,
    );
  }

  /** @returns logits packed [n * K] */
  forward(states: number, n: number, B: number): Float32Array {
    this.apply(this.queryLayer, this.last(states, B), this.query, false, B);
    this.kernels.attend(this.query, states, this.attention, this.context, this.frames, STATE, B);
    this.apply(this.dense1, this.context, this.hidden1, true, B);
    this.apply(this.dense2, this.hidden1, this.hidden2, false, B);
    this.apply(this.output, this.hidden2, this.logits, false, B);
    return this.packed(this.logits, this.k, n, B);
  }

  /** Context of the last forward, packed [n * 128]. */
  contexts(n: number, B: number): Float32Array {
    return this.packed(this.context, STATE, n, B);
  }

  /** From rows [size][B] to clips [n * size]. */
  private packed(rows: number, size: number, n: number, B: number): Float32Array {
    const view = this.arena.floats(rows, size * B);
    const packed = new Float32Array(n * size);
    for (let clip = 0; clip < n; clip++) for (let j = 0; j < size; j++) packed[clip * size + j] = view[j * B + clip];
    return packed;
  }

  /** @param dLogits packed [n * K] @param dStates receives the gradient by the states, [T][128][B] */
  backward(
    dLogits: Float32Array,
    n: number,
    B: number,
    states: number,
    dStates: number,
    weights: Tensors | null,
  ): void {
    const view = this.arena.floats(this.byLogits, this.output.stored * B);
    view.fill(0);
    for (let clip = 0; clip < n; clip++)
      for (let j = 0; j < this.k; j++) view[j * B + clip] = dLogits[clip * this.k + j];
    this.applyBackward(this.output, this.byLogits, this.byHidden2, false, B);
    this.applyBackward(this.dense2, this.byHidden2, this.byHidden1, false, B);
    this.kernels.rectifyBackward(this.byHidden1, this.hidden1, DENSE1_UNITS, B);
    this.applyBackward(this.dense1, this.byHidden1, this.byContext, false, B);
    this.kernels.attendBackward(
      ...[
        this.query,
        states,
        this.attention,
        this.byContext,
        dStates,
        this.byQuery,
        this.scratch,
        this.frames,
        STATE,
        B,
      ],
    );
    this.applyBackward(this.queryLayer, this.byQuery, this.last(dStates, B), true, B);
    if (!weights) return;
    this.weightGradients(this.output, this.hidden2, this.byLogits, B, weights);
    this.weightGradients(this.dense2, this.hidden1, this.byHidden2, B, weights);
    this.weightGradients(this.dense1, this.context, this.byHidden1, B, weights);
    this.weightGradients(this.queryLayer, this.last(states, B), this.byQuery, B, weights);
  }

  private weightGradients(layer: DenseLayer, x: number, dOut: number, B: number, weights: Tensors): void {
    const { name, inputs, outputs, stored } = layer;
    this.arena.floats(this.gradient, inputs * stored).fill(0);
    this.kernels.outerProducts(x, inputs, inputs, dOut, stored, stored, this.gradient, 1, B);
    weights.set(`${name}.kernel`, {
      shape: [inputs, outputs],
      data: dropPadding(this.arena.floats(this.gradient, inputs * stored), outputs, stored),
    });
    this.arena.floats(this.gradient, stored).fill(0);
    this.kernels.rowSums(dOut, stored, stored, this.gradient, 1, B);
    weights.set(`${name}.bias`, { shape: [outputs], data: this.arena.floats(this.gradient, outputs).slice() });
  }
}
