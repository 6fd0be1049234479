/** A word of a command line, quoted where a shell of the platform would take it apart. */
export function shellWord(text: string, platform: NodeJS.Platform): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  return platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
