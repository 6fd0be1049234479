import { z } from 'zod';
import { frontEndSchema } from './front-end';

/** Architectures the fused kernels run; `tfjs` is any LayersModel run by tfjs. Paper, section 5.1 and figures 2-3 of the poster. */
export const architectureSchema = z.enum(['att-rnn', 'unet-att-rnn', 'tfjs']);
export type Architecture = z.infer<typeof architectureSchema>;
export type FusedArchitecture = Exclude<Architecture, 'tfjs'>;

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
  /** SHA-256 (hex) over the tensors of weights.safetensors, see weightsSha256 */
  weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.object({
    name: z.string(),
    licence: z.string(),
    citation: z.string().optional(),
    url: z.string().optional(),
    split: z.string(),
  }),
  /** on the source test split; loss is the mean cross-entropy, rmse the mean of ||softmax - onehot||_2 (paper's risk) */
  test: z.object({ clips: z.number().int(), accuracy: z.number(), loss: z.number(), rmse: z.number() }).nullable(),
  training: z.record(z.string(), z.unknown()),
  licence: z.string(),
});
export type ModelCard = z.infer<typeof modelCardSchema>;
