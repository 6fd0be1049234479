/** Baselines to compare reprogramming with: the transfer learning TF_a of the paper, nearest neighbors, and the linear probe. */
export { DenseHead } from './dense-head';
export { fineTune, type FineTuneEpoch, type FineTuneHooks, type FineTuneResult } from './fine-tune';
export { holdsFineTuneCheckpoint } from './fine-tune-checkpoint';
export { findFineTuned, type FoundFineTuned } from './find-fine-tuned';
export { FINE_TUNE_OPTIONS, parseFineTuneOptions, type FineTuneOptions } from './fine-tune-options';
export { fineTunedLogitsOf, readFineTuned, writeFineTuned } from './fine-tuned-model';
export { referenceLines, type ReferenceLine, type ReferenceName } from './reference-lines';
