import { PAGE } from '../../src/protocol/panels/panel';

let translations: Record<string, string> | null = null;

function load(): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(document.getElementById(PAGE.stringsId)?.textContent ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, string>) : {};
  } catch {
    // A broken translation must not break the panel: the text stays English.
    return {};
  }
}

/**
 * A text of the page in the user's language.
 * @param english the text; `{0}`, `{1}`, .. stand for the values
 */
export function t(english: string, ...values: (string | number)[]): string {
  translations ??= load();
  const text = Object.hasOwn(translations, english) ? translations[english] : english;
  return text.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
