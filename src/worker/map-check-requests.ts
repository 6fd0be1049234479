import { readModelFolder } from '../engine/acoustic/store';
import { classifierOf } from '../engine/reprogram';
import { CHECK_SEED, checkMaps, withRandomizedModel, type MapChecks } from '../engine/saliency';
import type { MapChecks as MapChecksMessage } from '../protocol/panels/saliency';
import type { Handlers } from '../protocol/rpc';
import { saliencyMethodSchema } from '../protocol/values';
import type { WorkerContract } from '../protocol/worker';
import { LruCache } from './cache';
import { seriesAtIndex } from './explain-requests';
import { fileStamp, shortHash, type Library } from './library';

type MapCheckRequests = Pick<Handlers<WorkerContract>, 'checkSaliency'>;

/** Checks that are kept: a page that was hidden asks again. */
const KEPT_CHECKS = 64;

/** Those the panel knows; the maps of the layers come with every other method. */
const METHODS = saliencyMethodSchema.options.filter((method) => method !== 'grad-cam');
/** Of many members, those that do not take minutes. */
const METHODS_OF_MANY: typeof METHODS = ['gradient-x-input', 'perturbation'];

export function mapCheckRequests(library: Library): MapCheckRequests {
  const kept = new LruCache<MapChecksMessage>({ capacity: KEPT_CHECKS, cost: () => 1 });

  return {
    async checkSaliency({ file, read, program: path, index, target }, { signal, progress }) {
      const program = await library.program(path);
      const dataset = await library.datasetFor(program, file, read, { signal });
      const { values } = seriesAtIndex(dataset, index);
      const shared = await library.modelOf(program, path);
      return await kept.get(
        shortHash(JSON.stringify([file, read, path, index, target])),
        `${await fileStamp(file)} ${await fileStamp(path)}`,
        async (load) => {
          const stored = await readModelFolder(shared.folder);
          const classifier = classifierOf(program);
          const methods = classifier.members.length > 1 ? METHODS_OF_MANY : METHODS;
          const options = { targetClass: target, methods, seed: CHECK_SEED };
          const hooks = { signal: load.signal, onProgress: load.progress };
          const checks = await withRandomizedModel(stored, { threads: library.threads ?? undefined }, (randomized) =>
            shared.use(load.signal, (model) =>
              checkMaps(model, randomized, classifier, values, { ...options, ...hooks }),
            ),
          );
          return message(target, checks);
        },
        { signal, onProgress: (done, total) => progress({ done, total }) },
      );
    },
  };
}

/** The checks in the arrays that travel. */
function message(target: string, { faithfulness, sanity, random }: MapChecks): MapChecksMessage {
  const maps = Object.entries(faithfulness);
  const curves = ({ deletion, insertion, deletionArea, insertionArea }: MapChecks['random']) => ({
    deletion: Float32Array.from(deletion),
    insertion: Float32Array.from(insertion),
    deletionArea,
    insertionArea,
  });
  return {
    target,
    shares: Float32Array.from(maps[0][1].shares),
    random: curves(random),
    maps: maps.map(([source, { saliency, constant, deletionBeatsRandom, insertionBeatsRandom }]) => ({
      source,
      ...curves(saliency),
      constant,
      deletionBeatsRandom,
      insertionBeatsRandom,
      correlation: sanity.correlation[source],
    })),
  };
}
