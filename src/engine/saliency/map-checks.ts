import type { AcousticModel } from '../acoustic/model';
import { allMaps, type SaliencyMethod } from './all-maps';
import type { CamVariant } from './class-activation';
import type { Classifier } from '../reprogram';
import { decide, type Question } from './decision';
import { DEFAULT_CAM } from './explain';
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
  classifier: Classifier,
  values: ArrayLike<number>,
  options: Question & {
    targetClass: string;
    cam?: CamVariant;
    methods: readonly SaliencyMethod[];
    unit?: DeletionUnit;
    seed: number;
    signal?: AbortSignal;
    /** told of the maps and orders that are done; first when it is known how many there are */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<MapChecks> {
  const { targetClass, contrast, cam = DEFAULT_CAM, methods, unit, seed, signal, onProgress } = options;
  const { contrast: compared } = await decide(model, classifier, values, { targetClass, contrast }, signal);
  const asked = { targetClass, contrast: compared === null ? null : classifier.classNames[compared] };
  const mapsBy = async (by: AcousticModel): Promise<Record<string, Float64Array>> => {
    const decision = await decide(by, classifier, values, asked, signal);
    const { maps } = await allMaps(by, classifier, values, decision, { cam, methods, signal });
    return Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.values]));
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
  const classIndex = classifier.classNames.indexOf(targetClass);
  const random = await chanceCurves(model, classifier, values, classIndex, { unit, seed, signal });
  advance();
  const checks: MapChecks['faithfulness'] = {};
  for (const [name, curve] of Object.entries(learned)) {
    checks[name] = await faithfulness(model, classifier, values, curve, classIndex, { unit, chance: random, signal });
    advance();
  }
  return { faithfulness: checks, sanity: { correlation }, random };
}
