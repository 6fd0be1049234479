import { networkName } from '../engine/acoustic/card';
import { listModels } from '../engine/acoustic/store';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type ModelRequests = Pick<Handlers<WorkerContract>, 'listModels'>;

export function modelRequests(library: Library): ModelRequests {
  return {
    async listModels() {
      const { models, problems } = await listModels(library.modelRoots);
      return {
        models: models.map(({ folder, card }) => ({
          id: card.id,
          title: card.title,
          folder,
          architecture: networkName(card),
          implementation: card.architecture === 'tfjs' ? ('tfjs' as const) : ('fused' as const),
          parameters: card.parameters,
          sourceWords: card.sourceLabels.length,
          sourceData: card.source.name,
          accuracy: card.test?.accuracy ?? null,
        })),
        problems: problems.map(({ message }) => message),
      };
    },
  };
}
