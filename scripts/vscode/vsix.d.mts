export interface VsixEntry {
  name: string;
  /** uncompressed size */
  bytes: number;
}
export const LARGEST_VSIX: number;
export function vsixEntries(file: string): Promise<VsixEntry[]>;
export function vsixContents(file: string): Promise<Map<string, Buffer>>;
export function packageExtension(
  folder: string,
  file: string,
): Promise<{ file: string; bytes: number; entries: VsixEntry[] }>;
