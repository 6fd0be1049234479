export * from './panel';
export * from './run';
export * from './tsne';
export * from './saliency';
export * from './series';
export * from './setup';
export * from './predictions';
export * from './compare';
