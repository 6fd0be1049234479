import { readFileSync } from 'node:fs';

/** How far a process may go before it is ended. */
export interface Limits {
  /** how long it may show no sign of life while something is asked of it, ms */
  silent: number;
  /** how long none of what is asked of it may come any further, ms */
  still: number;
  /** resident memory, bytes */
  memory: number;
  /** how often it is looked at, ms */
  every: number;
}

/** The limit that a process went beyond. */
export type Excess = { kind: 'silent' | 'still'; seconds: number } | { kind: 'memory'; bytes: number };

/**
 * Looks at a process while something is asked of it. Looks are counted instead of reading a clock: a machine that sleeps, or a host that
 * is busy itself, is no fault of the process.
 */
export class Watch {
  #asked = 0;
  /** those of them during which the process may be busy without a pause */
  #long = 0;
  /** looks since its last sign of life, and since anything that was asked of it came further */
  #silent = 0;
  #still = 0;
  #waitsForSign = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param sign asks the process for a sign of life; its resident memory, bytes
   * @param exceeded called once
   */
  constructor(
    private readonly limits: Limits,
    private readonly pid: number | undefined,
    private readonly sign: () => Promise<number>,
    private readonly exceeded: (excess: Excess) => void,
  ) {}

  /** Something is asked. @param long whether it may keep the process busy without a pause for as long as it may come no further */
  asked(long = false): void {
    if (long) this.#long++;
    if (this.#asked++ === 0) this.#still = 0;
    this.#timer ??= setInterval(() => this.#look(), this.limits.every);
  }

  /** Something that was asked came further. */
  advanced(): void {
    this.#silent = 0;
    this.#still = 0;
  }

  /** Something that was asked is answered, or nobody waits for it any more. */
  settled(long = false): void {
    if (long) this.#long--;
    this.#asked--;
    this.#still = 0;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    // What nobody waits for may still keep the process busy for ever.
    if (this.#asked === 0 && !this.#waitsForSign) return this.stop();
    const { still, every } = this.limits;
    const silent = this.#long > 0 ? still : this.limits.silent;
    this.#weigh(residentMemory(this.pid));
    if (++this.#silent * every >= silent) return this.#end({ kind: 'silent', seconds: silent / 1000 });
    if (this.#asked > 0 && ++this.#still * every >= still) return this.#end({ kind: 'still', seconds: still / 1000 });
    if (this.#waitsForSign) return;
    this.#waitsForSign = true;
    this.sign().then(
      (bytes) => {
        this.#waitsForSign = false;
        this.#silent = 0;
        this.#weigh(bytes);
      },
      () => undefined,
    );
  }

  #weigh(bytes: number): void {
    if (bytes > this.limits.memory) this.#end({ kind: 'memory', bytes: this.limits.memory });
  }

  #end(excess: Excess): void {
    if (!this.#timer) return;
    this.stop();
    this.exceeded(excess);
  }
}

/** Bytes of memory that a process occupies; 0 where the system does not tell of another process in a file. */
function residentMemory(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // It has ended; whoever waits for its end is told so.
    return 0;
  }
}
