// The fused kernels of the attention-RNN family. One instance serves one shard of the batch; memory is laid out by the caller.
export {
  interleave,
  melForward,
  logForward,
  decibelForward,
  logBackward,
  decibelBackward,
  melBackwardSum,
  melBackwardEach,
  foldLanes,
} from './front-end';
export {
  toColumns,
  fromColumns,
  convolveMany,
  convolveOne,
  activate,
  normalize,
  channelSums,
  activateBackward,
  convolveManyWeights,
  convolveOneWeights,
} from './convolution';
export { lstmForward, lstmBackward } from './lstm';
export { dense, rectifyBackward, attend, attendBackward, outerProducts, rowSums } from './dense';
export { peak } from './peak';
