export const CODE_SERVER_VERSION: string;
export interface CodeServer {
  folder: string;
  /** code-server's script, to be run by `node` */
  bin: string;
  node: string;
  version: string;
}
export function codeServerFolder(): string;
export function ensureCodeServer(options?: { say?: (line: string) => void }): Promise<CodeServer>;
