import { totalmem } from 'node:os';
import * as vscode from 'vscode';
import type { LogLine } from '../../protocol/panels/run';
import type { Remote } from '../../protocol/rpc';
import type { Configuration, RunEvent, WorkerContract } from '../../protocol/worker';
import { Disposable } from '../dispose';
import { BackgroundProcess, type End, type ProcessOptions } from './background-process';
import { inspectArguments, isInspected } from './inspect';
import { Routes } from './routes';

const MIB = 2 ** 20;
/**
 * What the process for viewing may take: memory at the most a large series file and a large acoustic model together, and less on a small
 * machine; minutes between two steps of a computation only on a slow one.
 */
const MOST = { silent: 60_000, still: 600_000, memory: 3072 * MIB, heap: 2048 * MIB, every: 500 };
/** Share of the machine's memory. */
const MOST_OF_MACHINE = 0.5;

/** The end of the training process that nobody asked for. */
export interface Crash {
  /** exit code or signal */
  reason: string;
  /** the last lines of its error output */
  output: string;
}

/** The background processes, one for trainings and one for everything that is looked at, as if they were one. */
export class WorkerClient extends Disposable {
  readonly #crashed = this.own(new vscode.EventEmitter<Crash>());
  readonly #runEvents = this.own(new vscode.EventEmitter<RunEvent>());
  readonly onDidCrash = this.#crashed.event;
  readonly onRunEvent = this.#runEvents.event;
  readonly #training: BackgroundProcess;
  readonly #viewing: BackgroundProcess;
  readonly #routes: Routes;

  /**
   * @param script the bundle of both processes
   * @param configuration as it is when a process is started
   */
  constructor(
    script: string,
    configuration: () => Configuration,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const common = {
      script,
      configuration: (): Configuration => ({ ...configuration(), runRoots: this.#routes.runRoots }),
      tooOften: () =>
        vscode.l10n.t(
          'The background process stopped several times in a row. See the log for the reason, then try again.',
        ),
      onDefect: (text: string, error?: unknown) => log.error(text, error instanceof Error ? error : ''),
      onOutput: (text: string) => log.warn(text),
      onLog: (line: LogLine) => this.#write(line),
    } satisfies Partial<ProcessOptions>;
    this.#training = this.own(
      new BackgroundProcess({
        ...common,
        role: 'training',
        nodeArguments: () => inspectArguments(process.env),
        limits: () => null,
        explain: stopped,
        onRunEvent: (event) => this.#runEvents.fire(event),
        onStarted: (pid) => log.info(`Background process ${pid} for trainings started.`),
        onEnded: (end, text, pid) => {
          log.error(`Background process ${pid} for trainings: ${text}`);
          this.#routes.forgetRuns();
          const output = 'output' in end ? end.output : '';
          this.#crashed.fire({ reason: reasonOf(end), output });
        },
      }),
    );
    const heap = Math.floor(Math.min(MOST.heap, MOST_OF_MACHINE * totalmem()) / MIB);
    const memory = Math.min(MOST.memory, MOST_OF_MACHINE * totalmem());
    this.#viewing = this.own(
      new BackgroundProcess({
        ...common,
        role: 'viewing',
        nodeArguments: () => [`--max-old-space-size=${heap}`, ...inspectArguments(process.env, 1)],
        // A process that stands at a breakpoint gives no sign of life.
        limits: () => (isInspected(process.env) ? null : { ...MOST, memory }),
        explain: whyViewingEnded,
        onStarted: (pid) => log.info(`Background process ${pid} for viewing started.`),
        onEnded: (_, text, pid) => log.error(`Background process ${pid} for viewing: ${text}`),
      }),
    );
    this.#routes = new Routes(this.#training, this.#viewing, () => void this.#viewing.reconfigure());
  }

  /** The id of the process that trains, while it runs; for tests. */
  get pid(): number | undefined {
    return this.#training.pid;
  }

  /** The id of the process that everything is looked at in, while it runs; for tests. */
  get viewingPid(): number | undefined {
    return this.#viewing.pid;
  }

  /** The requests of both processes; each process is started by the first request that needs it. */
  async remote(): Promise<Remote<WorkerContract>> {
    return await Promise.resolve(this.#routes.remote);
  }

  /** Hands over changed settings; a process that does not run gets them when it starts. */
  async reconfigure(): Promise<void> {
    await Promise.all([this.#training.reconfigure(), this.#viewing.reconfigure()]);
  }

  #write({ level, text }: LogLine): void {
    if (level === 'error') this.log.error(text);
    else if (level === 'warning') this.log.warn(text);
    else this.log.info(text);
  }
}

function reasonOf(end: End): string {
  if (end.kind === 'heap') return vscode.l10n.t('out of memory');
  if (end.kind !== 'died') return end.kind;
  return /^\d+$/.test(end.reason) ? vscode.l10n.t('exit code {0}', end.reason) : end.reason;
}

function stopped(end: End): string {
  return vscode.l10n.t('The background process stopped ({0}).', reasonOf(end));
}

/** What a panel says that waited for the process for viewing. */
function whyViewingEnded(end: End): string {
  switch (end.kind) {
    case 'silent':
    case 'still':
      return vscode.l10n.t(
        'This took too long: the background process for viewing did not get any further for {0} seconds and was ended. A file or a program may be damaged, or made to do this. A training that is under way goes on.',
        end.seconds,
      );
    case 'memory':
      return vscode.l10n.t(
        'This took too much memory: the background process for viewing was ended at {0} MB. A file or a program may be damaged, or made to do this. A training that is under way goes on.',
        Math.round(end.bytes / MIB),
      );
    case 'heap':
      return vscode.l10n.t(
        'This took too much memory, and the background process for viewing ended. A file or a program may be damaged, or made to do this. A training that is under way goes on.',
      );
    case 'died':
      return vscode.l10n.t(
        'The background process for viewing stopped ({0}). A training that is under way goes on.',
        reasonOf(end),
      );
  }
}
