import type { Tensors } from '../../model';
import type { Arena } from '../arena';

/** A packed copy of some weights that the kernels read, and how it is made from them. */
interface PackedSlot {
  at: number;
  length: number;
  pack: () => Float32Array;
}

/** The weights of a shard as they lie in its memory: each tensor as given, and every packed form made from it. */
export class WeightSlots {
  private readonly raw = new Map<string, { at: number; shape: number[]; length: number }>();
  private readonly packed: PackedSlot[] = [];

  constructor(
    private readonly arena: Arena,
    shapes: Map<string, number[]>,
  ) {
    for (const [name, shape] of shapes) {
      const length = shape.reduce((product, n) => product * n, 1);
      this.raw.set(name, { at: arena.cells(length), shape, length });
    }
  }

  /** The tensor as the shard holds it; valid until the arena grows. */
  get(name: string): Float32Array {
    const slot = this.raw.get(name);
    if (!slot) throw new TypeError(`no weight named ${name}`);
    return this.arena.floats(slot.at, slot.length);
  }

  /** @returns where the kernels find what `pack` makes of the weights, now and after every change */
  derive(length: number, pack: () => Float32Array): number {
    const at = this.arena.cells(length);
    this.packed.push({ at, length, pack });
    return at;
  }

  set(weights: Tensors): void {
    for (const [name, slot] of this.raw) {
      const tensor = weights.get(name);
      if (!tensor || tensor.data.length !== slot.length)
        throw new TypeError(`weight ${name} must have shape [${slot.shape.join(', ')}]`);
      this.arena.floats(slot.at, slot.length).set(tensor.data);
    }
    for (const { at, length, pack } of this.packed) {
      const data = pack();
      if (data.length !== length) throw new TypeError('a packed form changed its size');
      this.arena.floats(at, length).set(data);
    }
  }

  /**
   * A copy of the weights, read back from the memory the kernels use.
   * @throws Error when a packed form is no longer what its weights give: memory was overwritten
   */
  read(): Tensors {
    for (const { at, length, pack } of this.packed) {
      const expected = pack();
      const actual = this.arena.floats(at, length);
      if (!expected.every((value, i) => Object.is(value, actual[i])))
        throw new Error('the packed weights in use differ from the weights they were made from');
    }
    return new Map(
      [...this.raw].map(([name, { at, shape, length }]) => [
        name,
        { shape, data: this.arena.floats(at, length).slice() },
      ]),
    );
  }
}
