import { parseReprogramOptions } from '../engine/reprogram';
import { boundAfterShortRun, boundOfProgram, requireSourceLogits, type ProgramBound } from '../engine/theory';
import type { Bound } from '../protocol/panels/compare';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type TheoryRequests = Pick<Handlers<WorkerContract>, 'bound' | 'compareModel'>;

export function theoryRequests(library: Library): TheoryRequests {
  return {
    async bound({ file, read, program: path }, { signal, progress }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const shared = await library.modelOf(program, path);
      const source = await requireSourceLogits(shared.folder);
      const onProgress = (done: number, total: number): void => progress({ done, total });
      return await shared.use(signal, async (model) =>
        shownBound(await boundOfProgram(program, model, source, dataset, { signal, onProgress })),
      );
    },

    async compareModel({ file, read, model: folder, options }, { signal, progress }) {
      const chosen = parseReprogramOptions({ ...options, method: 'theta' });
      const train = await library.dataset(file, read, { signal });
      const source = await requireSourceLogits(folder);
      const shared = await library.model(folder);
      return await shared.use(signal, async (model) => {
        const { bound, validation } = await boundAfterShortRun(
          train,
          model,
          source,
          { reprogram: chosen },
          {
            signal,
            onProgress: (done, total) => progress({ done, total }),
          },
        );
        return {
          bound: shownBound(bound),
          validation: validation && { loss: validation.loss, accuracy: validation.accuracy },
        };
      });
    },
  };
}

/** What the panel draws of a bound. */
function shownBound({ sourceRisk, w1, swd, k, bound, targetRisk }: ProgramBound): Bound {
  return {
    sourceRisk,
    w1: { mean: w1.value, deviation: w1.splits.deviation },
    swd: swd.distance,
    k,
    bound,
    targetRisk,
  };
}
