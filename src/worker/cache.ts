/** How the work of a load is followed by those who wait for it. */
export interface Load {
  signal: AbortSignal;
  progress(done: number, total: number): void;
}

interface Entry<T> {
  /** changes when what was loaded is out of date, for example time and size of a file */
  stamp: string;
  value: Promise<T>;
  /** in the unit of the cache's capacity; 0 until it is loaded */
  cost: number;
  loaded: boolean;
  controller: AbortController;
  waiting: number;
  watchers: Set<(done: number, total: number) => void>;
}

export interface CacheOptions<T> {
  /** sum of the costs that are kept; the value used last is always kept */
  capacity: number;
  cost(value: T): number;
  /** releases a value that was dropped */
  dispose?(value: T): void;
}

/**
 * Keeps the values used last. Those who ask for the same value at the same time share one load; it is stopped when all of them have
 * canceled.
 */
export class LruCache<T> {
  readonly #entries = new Map<string, Entry<T>>();

  constructor(private readonly options: CacheOptions<T>) {}

  /**
   * @param signal of this caller; a canceled caller is rejected with the signal's reason
   * @throws whatever `load` throws; failures are not kept
   */
  async get(
    key: string,
    stamp: string,
    load: (load: Load) => Promise<T>,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    let entry = this.#entries.get(key);
    if (entry && (entry.stamp !== stamp || entry.controller.signal.aborted)) {
      this.#drop(key, entry);
      entry = undefined;
    }
    entry ??= this.#begin(key, stamp, load);
    // The order of a Map is that of insertion: the last is the one used last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return await this.#wait(key, entry, signal, onProgress);
  }

  /** Drops everything. */
  clear(): void {
    for (const [key, entry] of [...this.#entries]) this.#drop(key, entry);
  }

  #begin(key: string, stamp: string, load: (load: Load) => Promise<T>): Entry<T> {
    const controller = new AbortController();
    const watchers = new Set<(done: number, total: number) => void>();
    const progress = (done: number, total: number): void => watchers.forEach((watch) => watch(done, total));
    const value = load({ signal: controller.signal, progress });
    const entry: Entry<T> = { stamp, value, cost: 0, loaded: false, controller, waiting: 0, watchers };
    value.then(
      (loaded) => {
        entry.cost = this.options.cost(loaded);
        entry.loaded = true;
        this.#trim(entry);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  async #wait(
    key: string,
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    onProgress: ((done: number, total: number) => void) | undefined,
  ): Promise<T> {
    entry.waiting++;
    if (onProgress) entry.watchers.add(onProgress);
    let cancel = (): void => undefined;
    const canceled = new Promise<never>((_, reject) => {
      cancel = () => reject(signal!.reason);
      signal?.addEventListener('abort', cancel, { once: true });
    });
    try {
      return await Promise.race([entry.value, canceled]);
    } finally {
      signal?.removeEventListener('abort', cancel);
      if (onProgress) entry.watchers.delete(onProgress);
      entry.waiting--;
      if (entry.waiting === 0 && !entry.loaded) {
        entry.controller.abort();
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }
    }
  }

  #trim(newest: Entry<T>): void {
    let sum = 0;
    for (const { cost } of this.#entries.values()) sum += cost;
    for (const [key, entry] of [...this.#entries]) {
      if (sum <= this.options.capacity) return;
      if (entry === newest || !entry.loaded || entry.waiting > 0) continue;
      sum -= entry.cost;
      this.#drop(key, entry);
    }
  }

  #drop(key: string, entry: Entry<T>): void {
    this.#entries.delete(key);
    const { dispose } = this.options;
    if (dispose) entry.value.then(dispose, () => undefined);
  }
}
