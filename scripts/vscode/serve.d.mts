export interface Profile {
  extensionsDir: string;
  userDataDir: string;
}
export interface TemporaryProfile extends Profile {
  root: string;
  remove(): Promise<void>;
}
export interface ServerOptions extends Profile {
  folder?: string;
  port?: number;
  workspaceTrust?: boolean;
  env?: Record<string, string>;
}
export interface Server {
  url: string;
  port: number;
  /** log file */
  log: string;
  stop(): Promise<void>;
}
export const QUIET_SETTINGS: Readonly<Record<string, unknown>>;
export function temporaryProfile(): Promise<TemporaryProfile>;
export function writeSettings(userDataDir: string, settings?: Record<string, unknown>): Promise<void>;
export function installExtension(vsix: string, profile: Profile): Promise<void>;
export function startCodeServer(options: ServerOptions): Promise<Server>;
