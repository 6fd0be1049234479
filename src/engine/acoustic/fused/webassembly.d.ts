/** The part of the WebAssembly JavaScript interface that the kernels use; its types otherwise come only with the DOM library. */
declare namespace WebAssembly {
  interface Module {
    readonly __module: unique symbol;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
}
