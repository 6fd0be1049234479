import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import type { Program } from '../reprogram';
import type { CamVariant } from './class-activation';
import { explain, type SaliencyMethod } from './explain';
import {
  chanceCurves,
  faithfulness,
  RANDOM_ORDERS,
  type DeletionUnit,
  type Faithfulness,
  type FaithfulnessCurves,
} from './faithfulness';
import { rankCorrelations } from './sanity-check';

/** Whether the maps of one series can be believed, by the names of `Explanation.onSeries`. */
export interface MapChecks {
  faithfulness: Record<string, Faithfulness>;
  sanity: {
    /** Spearman correlation with the map of randomized weights; null where one of them is constant */
    correlation: Record<string, number | null>;
  };
  /** curves of random orders, that all maps are compared with */
  random: FaithfulnessCurves;
}

/**
 * Faithfulness and sanity check of attention, the maps of every layer, and of methods on the waveform.
 * @param randomized the same acoustic model holding `randomizedWeights`
 * @param options.targetClass class whose maps and probability are looked at
 * @param options.seed of the random orders
 * @throws V2SError `explain.class`, `explain.contrast`; CanceledError
 */
export async function checkMaps(
  model: AcousticModel,
  randomized: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  options: {
    targetClass: string;
    contrast?: string;
    cam?: CamVariant;
    methods: readonly SaliencyMethod[];
    unit?: DeletionUnit;
    seed: number;
    signal?: AbortSignal;
    /** told of the maps and orders that are done; first when it is known how many there are */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<MapChecks> {
  const { targetClass, contrast, cam, methods, unit, seed, signal, onProgress } = options;
  const mapsBy = async (by: AcousticModel): Promise<Record<string, Float64Array>> => {
    const maps: Record<string, Float64Array> = {};
    for (const method of methods) {
      throwIfCanceled(signal);
      // Each brings attention and the maps of the layers along; they are the same every time.
      const { onSeries } = await explain(by, program, values, { method, targetClass, contrast, cam, signal });
      for (const [name, map] of Object.entries(onSeries)) maps[name] = map.values;
    }
    return maps;
  };
  const learned = await mapsBy(model);
  // The maps, those of the randomized weights, the random orders, and the curves of each map.
  const parts = [methods.length, methods.length, RANDOM_ORDERS, ...Object.keys(learned).map(() => 1)];
  const total = parts.reduce((sum, part) => sum + part);
  let done = 0;
  const advance = (): void => onProgress?.((done += parts.shift()!), total);
  advance();
  const correlation = rankCorrelations(learned, await mapsBy(randomized));
  advance();
  const classIndex = program.description.classNames.indexOf(targetClass);
  const random = await chanceCurves(model, program, values, classIndex, { unit, seed, signal });
  advance();
  const checks: MapChecks['faithfulness'] = {};
  for (const [name, curve] of Object.entries(learned)) {
    checks[name] = await faithfulness(model, program, values, curve, classIndex, { unit, chance: random, signal });
    advance();
  }
  return { faithfulness: checks, sanity: { correlation }, random };
}
