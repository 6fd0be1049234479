import type { SeriesThumb } from '../../src/protocol/panels/series';

export interface ThumbLoaderOptions {
  fetch(indices: number[], width: number): Promise<readonly SeriesThumb[]>;
  /** these can be drawn now */
  onLoaded(indices: readonly number[]): void;
  onError(error: unknown): void;
  /** most series of one request */
  batch?: number;
  /** most series that are kept */
  capacity?: number;
}

/**
 * Fetches the pictures of the series in the window. One request is under way at a time, always for what is wanted last: what is
 * scrolled past faster than it loads is never asked for.
 */
export class ThumbLoader {
  readonly #kept = new Map<number, { thumb: SeriesThumb; width: number }>();
  readonly #batch: number;
  readonly #capacity: number;
  #wanted: readonly number[] = [];
  #width = 0;
  #generation = 0;
  #busy = false;

  constructor(private readonly options: ThumbLoaderOptions) {
    this.#batch = options.batch ?? 120;
    this.#capacity = options.capacity ?? 3000;
  }

  /** The picture of a series, perhaps a coarser or finer one than is wanted now. */
  get(index: number): SeriesThumb | undefined {
    return this.#kept.get(index)?.thumb;
  }

  /** Replaces what is wanted. @param width values per picture */
  want(indices: readonly number[], width: number): void {
    this.#wanted = indices;
    this.#width = width;
    void this.#run();
  }

  /** Forgets everything, also what is under way: the file was read anew. */
  clear(): void {
    this.#generation++;
    this.#kept.clear();
    this.#wanted = [];
  }

  #missing(): number[] {
    const missing: number[] = [];
    for (const index of this.#wanted) {
      const kept = this.#kept.get(index);
      if (!kept || (kept.thumb.reduced && kept.width < this.#width)) missing.push(index);
      if (missing.length === this.#batch) break;
    }
    return missing;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let missing = this.#missing(); missing.length > 0; missing = this.#missing()) {
        const generation = this.#generation;
        const width = this.#width;
        const thumbs = await this.options.fetch(missing, width);
        if (generation !== this.#generation) continue;
        for (const thumb of thumbs) {
          this.#kept.delete(thumb.index);
          this.#kept.set(thumb.index, { thumb, width });
        }
        this.#forget();
        this.options.onLoaded(thumbs.map(({ index }) => index));
        // A host that answers with less than was asked must not be asked for the same for ever.
        if (missing.some((index) => !this.#kept.has(index))) break;
      }
    } catch (error) {
      // Not asked again until something else is wanted, so that a failure is told once.
      this.options.onError(error);
    } finally {
      this.#busy = false;
    }
  }

  #forget(): void {
    const wanted = new Set(this.#wanted);
    for (const index of this.#kept.keys()) {
      if (this.#kept.size <= this.#capacity) return;
      if (!wanted.has(index)) this.#kept.delete(index);
    }
  }
}
