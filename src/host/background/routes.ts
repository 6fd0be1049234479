import { dirname } from 'node:path';
import { errorCode, type Remote } from '../../protocol/rpc';
import type { ReadOptions, WorkerContract } from '../../protocol/worker';
import type { BackgroundProcess } from './background-process';

/**
 * Trainings have a process of their own; everything that is only looked at is read in the other one, which a file of a stranger may bring
 * down. The two share nothing but files.
 */
export class Routes {
  readonly remote: Remote<WorkerContract>;
  /** folders of the runs that the training process was told to work on */
  readonly #runs = new Set<string>();
  readonly #runRoots = new Set<string>();

  /**
   * @param foundRoot called when a run was begun in a folder of runs that is new; programs of such runs are traced to them
   */
  constructor(
    training: BackgroundProcess,
    private readonly viewing: BackgroundProcess,
    private readonly foundRoot: () => void,
  ) {
    this.remote = {
      ...viewing.remote,
      startReprogram: async (start, call) => {
        await this.#assertReadable([start.train, start.test], start.read, call?.signal);
        return this.#begun(await training.remote.startReprogram(start, call));
      },
      resumeRun: async (resume, call) => this.#begun(await training.remote.resumeRun(resume, call)),
      cancelRun: async (run, call) => await training.remote.cancelRun(run, call),
      compareModel: async (comparison, call) => {
        await this.#assertReadable([comparison.file], comparison.read, call?.signal);
        return await training.remote.compareModel(comparison, call);
      },
      runHistory: async (run, call) =>
        await (this.#runs.has(run.folder) ? training : viewing).remote.runHistory(run, call),
    };
  }

  /** Folders of runs that trainings were begun in. */
  get runRoots(): string[] {
    return [...this.#runRoots];
  }

  /** The training process has ended: its runs are nobody's. */
  forgetRuns(): void {
    this.#runs.clear();
  }

  /**
   * What brings down the process for viewing does not get into that of the trainings. Whatever else is wrong with a file, the training
   * says itself.
   * @throws RemoteError `rpc.closed`, `canceled`
   */
  async #assertReadable(
    files: readonly (string | null)[],
    read: ReadOptions | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const file of files)
      if (file !== null)
        await this.viewing.remote.previewSeriesFile({ file, read }, { signal }).catch((error: unknown) => {
          if (['rpc.closed', 'canceled', 'worker.start'].includes(errorCode(error))) throw error;
        });
  }

  #begun({ folder }: { folder: string }): { folder: string } {
    this.#runs.add(folder);
    const root = dirname(folder);
    if (!this.#runRoots.has(root)) {
      this.#runRoots.add(root);
      this.foundRoot();
    }
    return { folder };
  }
}
