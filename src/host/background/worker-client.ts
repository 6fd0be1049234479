import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Peer, RemoteError, type Channel, type Remote } from '../../protocol/rpc';
import {
  hostContract,
  workerContract,
  type HostContract,
  type RunEvent,
  type WorkerContract,
} from '../../protocol/worker';
import { Disposable } from '../dispose';
import { workerEnvironment } from './environment';
import { inspectArguments } from './inspect';

/** Characters of the process's error output that are kept for the report of a crash. */
const KEPT_OUTPUT = 8000;
/** A process that dies this often within this time is not started again by itself, ms. */
const CRASHES = { max: 3, within: 60_000 };
/** How long the process may take to keep its checkpoints when it is asked to end, ms. */
const GRACE = 6000;

export interface WorkerConfiguration {
  modelRoots: string[];
  threads: number | null;
  trusted: boolean;
}

/** The end of a background process that nobody asked for. */
export interface Crash {
  /** exit code or signal */
  reason: string;
  /** the last lines of its error output */
  output: string;
}

interface Running {
  child: ChildProcess;
  peer: Peer<HostContract, WorkerContract>;
  ready: Promise<Remote<WorkerContract>>;
}

/** The background process: forked when it is first needed, forked again after a crash. */
export class WorkerClient extends Disposable {
  readonly #crashed = this.own(new vscode.EventEmitter<Crash>());
  readonly #runEvents = this.own(new vscode.EventEmitter<RunEvent>());
  readonly onDidCrash = this.#crashed.event;
  readonly onRunEvent = this.#runEvents.event;
  #running: Running | null = null;
  #crashes: number[] = [];

  /**
   * @param script the bundle of the process
   * @param configuration as it is when the process is started
   */
  constructor(
    private readonly script: string,
    private readonly configuration: () => WorkerConfiguration,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
  }

  /** The process id while the process runs, for tests and for the log. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /**
   * The requests of the process.
   * @throws RemoteError `worker.start` when it does not start, or crashed too often
   */
  async remote(): Promise<Remote<WorkerContract>> {
    this.#running ??= this.#start();
    return await this.#running.ready;
  }

  /** Hands over changed settings; a process that does not run gets them when it starts. */
  async reconfigure(): Promise<void> {
    if (this.#running) await (await this.#running.ready).configure(this.configuration());
  }

  #start(): Running {
    const now = Date.now();
    this.#crashes = this.#crashes.filter((time) => now - time < CRASHES.within);
    if (this.#crashes.length >= CRASHES.max) {
      this.#crashes = [];
      throw new RemoteError(
        'worker.start',
        vscode.l10n.t(
          'The background process stopped several times in a row. See the log for the reason, then try again.',
        ),
      );
    }
    const child = fork(join(this.script), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: workerEnvironment(process.env),
      execArgv: inspectArguments(process.env),
    });
    const peer = new Peer(channelTo(child), {
      serves: hostContract,
      handlers: {},
      uses: workerContract,
      onDefect: (text, error) => this.log.error(text, error instanceof Error ? error : ''),
    });
    peer.on('run', (event) => this.#runEvents.fire(event));
    peer.on('log', ({ level, text }) => this.#write(level, text));
    let output = '';
    const keep = (data: Buffer): void => {
      const text = data.toString();
      output = (output + text).slice(-KEPT_OUTPUT);
      this.log.warn(text.trimEnd());
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const running: Running = {
      child,
      peer,
      ready: peer.remote.configure(this.configuration()).then(() => peer.remote),
    };
    const ended = (reason: string): void => {
      if (this.#running !== running) return;
      this.#running = null;
      this.#crashes.push(Date.now());
      peer.close(vscode.l10n.t('The background process stopped ({0}).', reason));
      this.log.error(`Background process ${child.pid} stopped: ${reason}`);
      this.#crashed.fire({ reason, output });
    };
    child.on('error', (error) => ended(error.message));
    child.on('exit', (code, signal) => ended(signal ?? vscode.l10n.t('exit code {0}', String(code))));
    this.log.info(`Background process ${child.pid} started.`);
    return running;
  }

  #write(level: 'info' | 'warning' | 'error', text: string): void {
    if (level === 'error') this.log.error(text);
    else if (level === 'warning') this.log.warn(text);
    else this.log.info(text);
  }

  /** Asks the process to end; runs keep their checkpoints. */
  override dispose(): void {
    const running = this.#running;
    this.#running = null;
    super.dispose();
    if (!running) return;
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
