import { DENSE1_UNITS, DENSE2_UNITS, LSTM_UNITS, TAPS_PER_CONVOLUTION, featureShape } from '../architecture';
import type { FusedArchitecture, ModelCard } from '../card';
import { openFusedModel } from '../fused/fused-model';
import type { TrainableAcousticModel } from '../model';
import { NETWORKS, type NetworkName } from './network-names';
import { designNetwork } from './networks';
import { parameterCount } from '../store';
import { openTfjsRuntime } from '../tfjs/backend';
import { openTfjsModel } from '../tfjs/tfjs-model';
import type { Topology } from '../topology';
import { initialWeights } from './initial-weights';

/** Everything that `v2s models train` can train: the attention-RNN family by the fused kernels, the networks by tfjs. */
export const TRAINABLE = ['att-rnn', 'unet-att-rnn', ...NETWORKS] as const;
export type TrainableArchitecture = (typeof TRAINABLE)[number];

export interface UntrainedOptions {
  seed: number;
  batchLimit: number;
  /** of the fused kernels */
  threads: number;
  /** of the fused kernels */
  kernels: 'simd' | 'relaxed';
}

export interface UntrainedModel {
  model: TrainableAcousticModel;
  /** complete but for the checksums, which `writeModelFolder` sets */
  card: ModelCard;
  topology?: Topology;
}

const isNetwork = (architecture: TrainableArchitecture): architecture is NetworkName =>
  (NETWORKS as readonly string[]).includes(architecture);

/**
 * Opens a model with seeded random weights. The caller closes it.
 * @param about what the card says that the architecture does not decide
 * @throws V2SError `tfjs.backend`, `kernels.*`
 */
export async function openUntrainedModel(
  architecture: TrainableArchitecture,
  about: Omit<ModelCard, 'architecture' | 'hyperParameters' | 'parameters' | 'weightsSha256' | 'layers'>,
  options: UntrainedOptions,
): Promise<UntrainedModel> {
  const unset = '0'.repeat(64);
  if (!isNetwork(architecture)) return await openFused(architecture, about, options, unset);
  const [frames, bins] = featureShape(about);
  const runtime = await openTfjsRuntime();
  const input = { frames, bins, labels: about.sourceLabels.length };
  const design = await designNetwork(runtime, architecture, input, options.seed);
  const { topology, weights, taps, inputLayout } = design;
  const card: ModelCard = {
    ...about,
    architecture: 'tfjs',
    hyperParameters: design.hyperParameters,
    parameters: parameterCount(weights),
    layers: { inputLayout, taps, attention: null, topologySha256: unset },
    weightsSha256: unset,
  };
  const { batchLimit } = options;
  return { model: await openTfjsModel(card, weights, { topology, batchLimit }), card, topology };
}

async function openFused(
  architecture: FusedArchitecture,
  about: Parameters<typeof openUntrainedModel>[1],
  { seed, threads, batchLimit, kernels }: UntrainedOptions,
  weightsSha256: string,
): Promise<UntrainedModel> {
  const weights = initialWeights({ ...about, architecture }, seed);
  const card: ModelCard = {
    ...about,
    architecture,
    hyperParameters: {
      lstmUnits: LSTM_UNITS,
      tapsPerConvolution: TAPS_PER_CONVOLUTION,
      dense1: DENSE1_UNITS,
      dense2: DENSE2_UNITS,
    },
    parameters: parameterCount(weights),
    weightsSha256,
  };
  return { model: await openFusedModel(card, weights, { threads, batchLimit, kernels }), card };
}
