export { embedStages } from './stages';
export type { EmbeddingMethod, Stage, StageLayout, StageOptions } from './stages';
export type { Dimensions, Points } from './points';
export { tSne, clampPerplexity } from './t-sne';
export { umap } from './umap';
export { pca } from './pca';
export { alignTo } from './procrustes';
export { silhouette } from './silhouette';
export type { Silhouette } from './silhouette';
