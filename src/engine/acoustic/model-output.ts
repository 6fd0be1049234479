import { assertOutputFolder, type OutputPlan } from '../files/outputs';

/** What training, fine-tuning and importing write into the folder of a model. */
const WRITTEN = /^(card\.json|(weights|source-logits|head|checkpoint)\.safetensors|topology\.json|README\.md)$/i;

/**
 * Checks, before any work, that a folder can become that of a new model. A model or an unfinished training in it is the caller's to
 * refuse; this is about files of somebody else.
 * @throws V2SError `output.input`, `output.exists`, `file.*`
 */
export async function assertModelOutput(folder: string, plan: OutputPlan): Promise<void> {
  await assertOutputFolder(folder, WRITTEN, () => false, plan);
}
