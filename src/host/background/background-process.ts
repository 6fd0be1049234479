import { fork, type ChildProcess } from 'node:child_process';
import type { LogLine } from '../../protocol/panels/run';
import { errorCode, Peer, RemoteError, type CallOptions, type Channel, type Remote } from '../../protocol/rpc';
import {
  hostContract,
  workerContract,
  type Configuration,
  type HostContract,
  type RunEvent,
  type WorkerContract,
} from '../../protocol/worker';
import { Disposable } from '../dispose';
import { workerEnvironment } from './environment';
import { Watch, type Excess, type Limits } from './watch';

/** Characters of the process's error output that are kept for the report of a crash. */
const KEPT_OUTPUT = 8000;
/** A process that dies this often within this time is not started again by itself, ms. */
const CRASHES = { max: 3, within: 60_000 };
/** How long the process may take to keep its checkpoints when it is asked to end, ms. */
const GRACE = 6000;
/** Requests that build whole models at once, which a large one takes long for. */
const LONG: readonly string[] = ['importModel'] satisfies (keyof WorkerContract['requests'])[];
/** What Node says when it dies of the limit of its heap. */
const OUT_OF_MEMORY = /JavaScript heap out of memory/;

/** The end of a background process that nobody asked for. */
export type End = Excess | { kind: 'died'; reason: string; output: string } | { kind: 'heap'; output: string };

export interface ProcessOptions {
  /** the bundle of the process */
  script: string;
  /** what it is for; stands in the list of the system's processes */
  role: 'training' | 'viewing';
  /** as they are when the process is started */
  nodeArguments(): string[];
  configuration(): Configuration;
  /** null: it is never ended */
  limits(): Limits | null;
  /** what those are told who waited for an answer */
  explain(end: End): string;
  /** why it is not started again */
  tooOften(): string;
  onStarted?(pid: number | undefined): void;
  onEnded?(end: End, text: string, pid: number | undefined): void;
  onOutput?(text: string): void;
  onDefect?(text: string, error?: unknown): void;
  onRunEvent?(event: RunEvent): void;
  onLog?(line: LogLine): void;
}

interface Running {
  child: ChildProcess;
  peer: Peer<HostContract, WorkerContract>;
  ready: Promise<unknown>;
  watch: Watch | null;
}

type Call = (params: unknown, call?: CallOptions<unknown>) => Promise<unknown>;

/** A background process: forked when it is first asked for something, and again after it has ended. */
export class BackgroundProcess extends Disposable {
  /** The requests of the process. Rejections: RemoteError `worker.start` when it does not start, `rpc.closed` when it ends. */
  readonly remote: Remote<WorkerContract>;
  #running: Running | null = null;
  #crashes: number[] = [];

  constructor(private readonly options: ProcessOptions) {
    super();
    const remote: Record<string, Call> = {};
    for (const method of Object.keys(workerContract.requests))
      remote[method] = async (params, call) => await this.#ask(method, params, call);
    this.remote = remote as unknown as Remote<WorkerContract>;
  }

  /** The process id while the process runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** Hands over changed settings; a process that does not run gets them when it starts. */
  async reconfigure(): Promise<void> {
    if (!this.#running) return;
    await this.remote.configure(this.options.configuration()).catch((error: unknown) => {
      if (errorCode(error) !== 'rpc.closed') throw error;
    });
  }

  async #ask(method: string, params: unknown, call: CallOptions<unknown> = {}): Promise<unknown> {
    this.#running ??= this.#start();
    const { ready, peer, watch } = this.#running;
    const onProgress = (progress: unknown): void => {
      watch?.advanced();
      call.onProgress?.(progress);
    };
    const long = LONG.includes(method);
    watch?.asked(long);
    try {
      await ready;
      return await (peer.remote as unknown as Record<string, Call>)[method](params, { ...call, onProgress });
    } finally {
      watch?.settled(long);
    }
  }

  #start(): Running {
    const { options } = this;
    const now = Date.now();
    this.#crashes = this.#crashes.filter((time) => now - time < CRASHES.within);
    if (this.#crashes.length >= CRASHES.max) {
      this.#crashes = [];
      throw new RemoteError('worker.start', options.tooOften());
    }
    const child = fork(options.script, [options.role], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: workerEnvironment(process.env),
      execArgv: options.nodeArguments(),
    });
    const peer = new Peer(channelTo(child), {
      serves: hostContract,
      handlers: {},
      uses: workerContract,
      onDefect: options.onDefect,
    });
    peer.on('run', (event) => options.onRunEvent?.(event));
    peer.on('log', (line) => options.onLog?.(line));
    let output = '';
    const keep = (data: Buffer): void => {
      const text = data.toString();
      output = (output + text).slice(-KEPT_OUTPUT);
      options.onOutput?.(text.trimEnd());
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const ended = (end: End): void => {
      if (this.#running !== running) return;
      this.#running = null;
      this.#crashes.push(Date.now());
      running.watch?.stop();
      const text = options.explain(end);
      peer.close(text);
      options.onEnded?.(end, text, child.pid);
    };
    const limits = options.limits();
    const exceeded = (excess: Excess): void => {
      // It may not be able to end by itself, and keeps nothing that is not in files.
      child.kill('SIGKILL');
      ended(excess);
    };
    const sign = async (): Promise<number> => (await peer.remote.sign({})).resident;
    const running: Running = {
      child,
      peer,
      ready: peer.remote.configure(options.configuration()),
      watch: limits && new Watch(limits, child.pid, sign, exceeded),
    };
    running.ready.catch(() => undefined); // whoever asks for something is told
    const died = (reason: string): void =>
      ended(OUT_OF_MEMORY.test(output) ? { kind: 'heap', output } : { kind: 'died', reason, output });
    child.on('error', (error) => died(error.message));
    child.on('exit', (code, signal) => died(signal ?? String(code)));
    options.onStarted?.(child.pid);
    return running;
  }

  /** Asks the process to end; runs keep their checkpoints. */
  override dispose(): void {
    const running = this.#running;
    this.#running = null;
    super.dispose();
    if (!running) return;
    running.watch?.stop();
    running.peer.close();
    running.child.kill('SIGTERM');
    const timer = setTimeout(() => running.child.kill('SIGKILL'), GRACE);
    timer.unref();
    running.child.once('exit', () => clearTimeout(timer));
  }
}

function channelTo(child: ChildProcess): Channel {
  return {
    post: (message) => {
      if (child.connected) child.send(message as object, () => undefined);
    },
    listen: (receive) => {
      child.on('message', receive);
      return () => child.off('message', receive);
    },
  };
}
