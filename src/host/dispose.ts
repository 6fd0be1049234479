/** Anything that must be given back. */
export interface Releasable {
  dispose(): unknown;
}

/** Owner of whatever it creates: nothing is left without someone who disposes of it. */
export abstract class Disposable implements Releasable {
  readonly #owned: Releasable[] = [];
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Takes ownership; what is registered after the end is disposed of at once. */
  protected own<T extends Releasable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#owned.push(item);
    return item;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const item of this.#owned.splice(0).reverse()) item.dispose();
  }
}
