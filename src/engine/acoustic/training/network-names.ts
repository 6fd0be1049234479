/** Networks besides the attention-RNN family that V2S can build and train as LayersModels, see networks.ts. */
export const NETWORKS = ['tc-resnet', 'tcn', 'vggish'] as const;
export type NetworkName = (typeof NETWORKS)[number];

/** What each network is, for the people who read its card. */
export const NETWORK_DESCRIPTIONS: Record<NetworkName, string> = {
  'tc-resnet':
    'Temporal-convolution ResNet (TC-ResNet8 of Choi et al. 2019 with a width multiplier of 1.5; the place of V2Sr in the ' +
    'paper, whose ResNet-34 has 1 M parameters): convolutions over time with the mel bins as channels, three residual blocks ' +
    'of two convolutions of 9 frames that halve the frames, batch normalization, mean over time, Dense K.',
  tcn:
    'Temporal convolutional network (after Bai et al. 2018; V2St in the paper, there with 1 M parameters): a convolution that ' +
    'halves the frames, five residual blocks of two dilated convolutions of 5 frames (dilation 1, 2, 4, 8, 16, not causal), ' +
    'batch normalization, mean over time, Dense K.',
  vggish:
    'VGGish (Hershey et al. 2017; V2Sv in the paper, there with 62 M parameters) at an eighth of its width: six (3,3) convolutions of ' +
    '8, 16, 32, 32, 64, 64 channels with max pooling after the first, second and fourth, batch normalization, which the original ' +
    'does not have, and the mean over time and frequency in place of its three wide Dense layers, then Dense K.',
};
