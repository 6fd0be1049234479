const PAGE = 65536;
/** Kernels keep no static data beyond the first page. */
const FIRST_FREE = PAGE;
const ALIGNMENT = 64;

/** Hands out pieces of a WebAssembly memory that grows as needed and is never given back; pieces start zeroed. */
export class Arena {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  private next = FIRST_FREE;

  /** @returns the byte offset of `count` 32-bit cells, aligned to 64 bytes */
  cells(count: number): number {
    const at = this.next;
    this.next = Math.ceil((at + count * 4) / ALIGNMENT) * ALIGNMENT;
    const missing = Math.ceil(this.next / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (missing > 0) this.memory.grow(missing);
    return at;
  }

  /** @returns the offset of a new piece holding a copy of the data */
  put(data: Float32Array | Int32Array): number {
    const at = this.cells(data.length);
    if (data instanceof Float32Array) this.floats(at, data.length).set(data);
    else new Int32Array(this.memory.buffer, at, data.length).set(data);
    return at;
  }

  /** A view that is valid until the next allocation. */
  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count);
  }

  doubles(at: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, count);
  }

  get bytes(): number {
    return this.memory.buffer.byteLength;
  }
}
