import * as z from 'zod';
import type { AcousticModel } from '../acoustic/model';
import { frontEndSchema } from '../audio/front-end';
import { V2SError } from '../errors';
import { MAX_PROGRAM_BYTES } from '../files/limits';
import type { OutputKind } from '../files/outputs';
import { ClassHead, mappingSchema } from './mapping';
import { reprogramOptionsSchema } from './options';
import { CLIP_SAMPLES, placementSchema } from '../rendering/placement';
import {
  encodeSealed,
  decodeSealed,
  readSealed,
  takeFinite,
  writeSealed,
  type SealedFormat,
  type SealedTensors,
} from './sealed-file';

/** What the name of every program ends with. */
export const PROGRAM_EXTENSION = '.v2s.safetensors';

const metricsSchema = z.object({ loss: z.number(), accuracy: z.number() });
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const dataSchema = z.object({
  /** name without its folder */
  file: z.string(),
  sha256: sha256Schema,
  series: z.int().min(0),
});

/** One epoch of the training that made theta; times are left out, so that equal runs make equal files. */
export const epochRecordSchema = z.object({
  /** from 1 */
  epoch: z.int().min(1),
  learningRate: z.number(),
  train: metricsSchema,
  validation: metricsSchema.nullable(),
  /** further figures by name, for example `swd` */
  measures: z.record(z.string(), z.number()),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** Everything about a program but its numbers. */
export const programDescriptionSchema = z.object({
  /** name of the data set */
  name: z.string(),
  /** the acoustic model it was trained through, and which no other can replace */
  model: z.object({
    id: z.string(),
    weightsSha256: sha256Schema,
    /** folder as named by the user when the model was not found by its id; a hint for finding it again */
    folder: z.string().nullable(),
    sourceLabels: z.array(z.string()).min(1),
  }),
  frontEnd: frontEndSchema,
  placement: placementSchema,
  /** from TRAIN, in the order of the class indices */
  classNames: z.array(z.string()).min(2),
  mapping: mappingSchema,
  training: z.object({
    options: reprogramOptionsSchema,
    /** implementation and engine of the acoustic model; another one may differ in the last bits */
    implementation: z.string(),
    engine: z.string(),
    trainingSeries: z.int().min(1),
    validationSeries: z.int().min(0),
    /** what `--replicas auto` compared: out-of-sample loss and accuracy of the short runs; empty unless auto */
    replicaTrials: z.array(metricsSchema.extend({ replicas: z.int().min(1) })),
  }),
  /** epoch whose theta this is */
  bestEpoch: z.int().min(1),
  history: z.array(epochRecordSchema),
  metrics: z.object({
    train: metricsSchema,
    validation: metricsSchema.nullable(),
    test: metricsSchema.extend({ confusion: z.array(z.array(z.int().min(0))) }).nullable(),
  }),
  data: z.object({ train: dataSchema, test: dataSchema.nullable() }),
  /** what was capped, resampled or otherwise treated */
  notes: z.array(z.string()),
});
export type ProgramDescription = z.infer<typeof programDescriptionSchema>;

/** A trained program: what turns a frozen acoustic model into a classifier of one kind of time series. */
export interface Program {
  description: ProgramDescription;
  /** M * theta, [16000]: added to every placed series */
  theta: Float32Array;
  /** M * theta before the first step, [16000] */
  thetaInitial: Float32Array;
  /** A of a learned mapping, [C * K]; null for a random one */
  mappingWeights: Float32Array | null;
}

const FORMAT: SealedFormat<ProgramDescription> = {
  format: 'v2s-program',
  version: 1,
  maxBytes: MAX_PROGRAM_BYTES,
  key: 'program',
  schema: programDescriptionSchema,
  remedy: 'Restore it from a copy, or reprogram again.',
};

/** By the header that `encodeSealed` writes, after its length of 8 bytes. */
export const PROGRAM_OUTPUT: OutputKind = {
  name: 'a program',
  begins: /^[^]{8}\{"__metadata__":\{"format":"v2s-program"/,
};

export function encodeProgram(program: Program): Uint8Array {
  return encodeSealed(FORMAT, program.description, tensorsOf(program));
}

function tensorsOf({ description, theta, thetaInitial, mappingWeights }: Program): SealedTensors {
  const tensors: SealedTensors = new Map([
    ['theta', { shape: [CLIP_SAMPLES], data: theta }],
    ['theta_initial', { shape: [CLIP_SAMPLES], data: thetaInitial }],
  ]);
  if (mappingWeights)
    tensors.set('mapping', {
      shape: [description.classNames.length, description.mapping.sourceWords],
      data: mappingWeights,
    });
  return tensors;
}

/**
 * @param what names the file in errors
 * @throws V2SError `program.corrupt`, `program.format`, `program.version`
 */
export function decodeProgram(bytes: Uint8Array, what: string): Program {
  const { document, tensors } = decodeSealed(FORMAT, bytes, what);
  return assemble(document, tensors, what);
}

function assemble(description: ProgramDescription, tensors: SealedTensors, what: string): Program {
  const { classNames, mapping, model } = description;
  const classes = classNames.length;
  const fits =
    mapping.words.length === classes &&
    mapping.sourceWords === model.sourceLabels.length &&
    mapping.words.flat().every((word) => word < mapping.sourceWords);
  if (!fits)
    throw new V2SError('program.corrupt', `${what} is damaged: its mapping does not fit its classes. ${FORMAT.remedy}`);
  const take = (name: string, shape: number[]): Float32Array => takeFinite(FORMAT, tensors, name, shape, what);
  return {
    description,
    theta: take('theta', [CLIP_SAMPLES]),
    thetaInitial: take('theta_initial', [CLIP_SAMPLES]),
    mappingWeights: mapping.kind === 'learned' ? take('mapping', [classes, mapping.sourceWords]) : null,
  };
}

/** @throws V2SError `program.corrupt`, `program.format`, `program.version`, `file.*` */
export async function readProgram(path: string): Promise<Program> {
  const { document, tensors } = await readSealed(FORMAT, path);
  return assemble(document, tensors, path);
}

/** Writes `NAME.v2s.safetensors` atomically. @throws V2SError `file.*`; an old file is then untouched */
export async function writeProgram(path: string, program: Program): Promise<void> {
  await writeSealed(FORMAT, path, program.description, tensorsOf(program));
}

/** The part of the program behind the acoustic model. */
export function classHeadOf({ description, mappingWeights }: Program): ClassHead {
  return new ClassHead(description.mapping, mappingWeights);
}

/**
 * A program belongs to the weights it was trained through.
 * @throws V2SError `program.checksum` when `model` is another one
 */
export function assertModelOf({ description }: Program, model: { id: string; weightsSha256: string }): void {
  const wanted = description.model;
  if (wanted.weightsSha256 === model.weightsSha256) return;
  throw new V2SError(
    'program.checksum',
    `The program for ${description.name} was trained through the acoustic model ${wanted.id} with weights ` +
      `${wanted.weightsSha256.slice(0, 12)}.., but this is ${model.id} with weights ${model.weightsSha256.slice(0, 12)}... ` +
      `Use the model it was trained through, or reprogram ${model.id} again.`,
  );
}

/** As `assertModelOf`, over the weights that the model really holds. */
export async function assertOpenModelOf(program: Program, model: AcousticModel): Promise<void> {
  assertModelOf(program, { id: model.card.id, weightsSha256: await model.checksum() });
  const { sourceWords } = program.description.mapping;
  const { length } = model.card.sourceLabels;
  if (sourceWords !== length)
    throw new V2SError(
      'program.corrupt',
      `The program for ${program.description.name} maps ${sourceWords} source words, but its acoustic model has ${length}. ${FORMAT.remedy}`,
    );
}
