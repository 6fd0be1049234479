import type { VsixEntry } from './vsix.mjs';

export function buildProduct(root: string): Promise<void>;
export function packageProduct(
  root: string,
  file?: string,
): Promise<{ file: string; bytes: number; entries: VsixEntry[] }>;
