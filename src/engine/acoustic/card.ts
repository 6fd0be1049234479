import * as z from 'zod';
import { frontEndSchema } from '../audio/front-end';
import { jsonSha256 } from '../files/json';

/** Architectures the fused kernels run; `tfjs` is any LayersModel run by tfjs. Paper, section 5.1 and figures 2-3 of the poster. */
export const architectureSchema = z.enum(['att-rnn', 'unet-att-rnn', 'tfjs']);
type Architecture = z.infer<typeof architectureSchema>;
export type FusedArchitecture = Exclude<Architecture, 'tfjs'>;

/**
 * How the features [frames, bins] become the input of a LayersModel: as they are, with one channel, or transposed with one
 * channel.
 */
const inputLayoutSchema = z.enum(['frames-bins', 'frames-bins-1', 'bins-frames-1']);
export type InputLayout = z.infer<typeof inputLayoutSchema>;

/** What the card of a LayersModel says of its topology.json. */
const layersSchema = z.object({
  inputLayout: inputLayoutSchema,
  /** names of the layers whose outputs `explain` shows, in the order of computation */
  taps: z.array(z.string().min(1)).min(1),
  /** name of the layer whose output [frames] or [frames, 1] weighs the frames; null for a model without attention */
  attention: z.string().min(1).nullable(),
  /** SHA-256 (hex) of topology.json as it is in the folder */
  topologySha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LayersDescription = z.infer<typeof layersSchema>;

/** `card.json` of an acoustic model folder: what the model is, how it hears, what it was trained on and how well it does. */
export const modelCardSchema = z.object({
  formatVersion: z.literal(1),
  id: z.string().min(1),
  title: z.string(),
  architecture: architectureSchema,
  hyperParameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  frontEnd: frontEndSchema,
  /** the K source labels in the order of the logits */
  sourceLabels: z.array(z.string()).min(1),
  parameters: z.number().int().positive(),
  /** of a LayersModel (architecture `tfjs`) only */
  layers: layersSchema.optional(),
  /** SHA-256 (hex) over the tensors of weights.safetensors, see weightsSha256 */
  weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.object({
    name: z.string(),
    license: z.string(),
    citation: z.string().optional(),
    url: z.string().optional(),
    split: z.string(),
  }),
  /** on the source test split; loss is the mean cross-entropy, rmse the mean of ||softmax - onehot||_2 (paper's risk) */
  test: z.object({ clips: z.number().int(), accuracy: z.number(), loss: z.number(), rmse: z.number() }).nullable(),
  training: z.record(z.string(), z.unknown()),
  license: z.string(),
});
export type ModelCard = z.infer<typeof modelCardSchema>;

/** What the network is called: of a LayersModel the name that its hyper-parameters give, if any. */
export function networkName({
  architecture,
  hyperParameters,
}: Pick<ModelCard, 'architecture' | 'hyperParameters'>): string {
  const { network } = hyperParameters;
  return architecture === 'tfjs' && typeof network === 'string' ? network : architecture;
}

/**
 * SHA-256 (hex) over all that a card says about what the model computes: not over its title, license, or how well it does. Two models
 * with the same one give the same logits of the same clip.
 */
export function computationSha256(card: ModelCard): string {
  const { architecture, hyperParameters, frontEnd, sourceLabels, layers, weightsSha256 } = card;
  return jsonSha256({ architecture, hyperParameters, frontEnd, sourceLabels, layers, weightsSha256 });
}
