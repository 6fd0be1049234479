import * as z from 'zod';

/** A file with an acoustic model of others, before it is imported. */
export const modelFileSchema = z.discriminatedUnion('kind', [
  /** computes its features itself: only the words may be named */
  z.object({ kind: z.literal('attention-rnn'), words: z.int() }),
  /** takes mel features; how they are made, and which layers are shown, must be said */
  z.object({
    kind: z.literal('layers'),
    network: z.string(),
    words: z.int(),
    /** shape of its input as text, for example [125, 80] */
    input: z.string(),
    layers: z.array(
      z.object({
        name: z.string(),
        className: z.string(),
        /** shape of its output as text; null for several outputs */
        shape: z.string().nullable(),
        convolution: z.boolean(),
        /** whether it can be shown */
        shown: z.boolean(),
        /** frames that it can weigh as attention; null when it cannot */
        weighs: z.int().nullable(),
      }),
    ),
  }),
]);
export type ModelFile = z.infer<typeof modelFileSchema>;

/** A front end by its name, or a JSON file with what differs from one of them. */
const frontEndChoiceSchema = z.union([z.enum(['log-mel', 'kapre-db']), z.object({ file: z.string() })]);
export type FrontEndChoice = z.infer<typeof frontEndChoiceSchema>;

/** How a file becomes a model folder. */
export const modelImportSchema = z.object({
  file: z.string(),
  /** folder in which the model's own folder is made */
  out: z.string(),
  /** null: the file's name without its extension */
  id: z.string().nullable(),
  /** file with the words in the order of the outputs; null: they are numbered */
  labels: z.string().nullable(),
  /** of a model of layers; null for one that computes its features itself */
  layers: z
    .object({
      /** null, not chosen yet, is a problem of the front end */
      frontEnd: frontEndChoiceSchema.nullable(),
      taps: z.array(z.string()),
      attention: z.string().nullable(),
    })
    .nullable(),
  title: z.string().nullable(),
  license: z.string().nullable(),
  /** the speech data that the model was trained on */
  source: z.string().nullable(),
  sourceLicense: z.string().nullable(),
});
export type ModelImport = z.infer<typeof modelImportSchema>;

/** Why an import cannot be done as it is, and which of its parts must change. */
const importProblemSchema = z.object({
  part: z.enum(['frontEnd', 'labels', 'taps', 'attention', 'id']),
  message: z.string(),
});
export type ImportProblem = z.infer<typeof importProblemSchema>;

/** What an import would use of the files that it names. */
export const importCheckSchema = z.object({
  problems: z.array(importProblemSchema),
  /** the words; null when they are numbered or cannot be read */
  labels: z.array(z.string()).nullable(),
  /** null when the front end is not chosen or cannot be read */
  features: z.object({ kind: z.string(), frames: z.int(), bins: z.int() }).nullable(),
});
export type ImportCheck = z.infer<typeof importCheckSchema>;
