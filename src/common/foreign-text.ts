/**
 * Characters of foreign text that act, hide or reorder: controls, line separators, lone surrogates, and what Unicode calls ignorable
 * (zero width, direction marks and overrides, tags). The sixteen usual variation selectors belong to emoji and stay.
 */
export const UNSHOWABLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

export interface ForeignTextOptions {
  /** line feeds and tabs stay, for a terminal; default false */
  keepLines?: boolean;
  /** number of UTF-16 units after which the text is cut and an ellipsis follows; default no limit */
  limit?: number;
  /** `$(name)` becomes no icon and `[text](address)` no link or command, for texts of VS Code; default false */
  inert?: boolean;
}

/**
 * Makes text from outside (labels, names, paths, messages of errors) safe to show: characters that could move the cursor, color the
 * screen, or hide or reorder the text around them become visible escapes such as `\u001b`.
 */
export function foreignText(text: string, options: ForeignTextOptions = {}): string {
  const { keepLines = false, limit = Infinity, inert = false } = options;
  const visible = text.replace(UNSHOWABLE, (character) =>
    keepLines && (character === '\n' || character === '\t') ? character : escaped(character),
  );
  const cut = visible.length > limit ? `${cutAt(visible, limit)}…` : visible;
  return inert ? cut.replace(/([$\]])(?=\()/g, '$1\u200b') : cut;
}

/**
 * JSON of anything, with the same characters as escapes of JSON: it reads back the same, and does nothing to the terminal that it is
 * printed on.
 */
export function inertJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSHOWABLE, (character) =>
    Array.from({ length: character.length }, (_, i) => unitEscape(character.charCodeAt(i))).join(''),
  );
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : unitEscape(code);
}

/** The first characters of well-formed text, at most `limit` UTF-16 units and no half of a pair. */
function cutAt(text: string, limit: number): string {
  const start = text.slice(0, limit);
  return /[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start;
}
