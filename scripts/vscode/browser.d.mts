export const BROWSER_ARGUMENTS: readonly string[];
export function findBrowser(): Promise<string>;
