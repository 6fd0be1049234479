import { foreignText } from '../../common/foreign-text';

/** HTML that was made here; everything else is text and is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

/** A template whose parts are escaped unless they are Html; lists are joined, null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: (Part | readonly Part[])[]): Html {
  return new Html(strings.reduce((whole, string, i) => whole + shown(parts[i - 1] ?? null) + string));
}

type Part = Html | string | number | null;

function shown(part: Part | readonly Part[]): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(shown).join('');
  return escapeHtml(String(part));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Names, labels and paths come from files of unknown origin. */
function escapeHtml(text: string): string {
  return foreignText(text, { limit: 2000 }).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
