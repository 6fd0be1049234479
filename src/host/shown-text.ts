/**
 * Text from files (labels, names, paths) as it may be shown: control characters, escape sequences and direction overrides become
 * visible escapes, so that a label can neither hide nor reorder anything around it.
 * @param limit characters after which it is cut
 */
export function shownText(text: string, limit = 200): string {
  const visible = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return visible.length > limit ? `${visible.slice(0, limit)}…` : visible;
}

/** As `shownText`, for the labels of quick picks, status bar and CodeLens, where `$(name)` would become an icon. */
export function shownLabel(text: string, limit?: number): string {
  return shownText(text, limit).replaceAll('$(', '$\u200b(');
}
