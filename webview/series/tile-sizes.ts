export type TileSize = 'small' | 'medium' | 'large';

/** Pixels of a tile: its height, and the least width. */
export const TILES: Record<TileSize, { height: number; width: number }> = {
  small: { height: 58, width: 132 },
  medium: { height: 88, width: 196 },
  large: { height: 140, width: 320 },
};
