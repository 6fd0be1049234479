import { foreignText } from '../../common/foreign-text';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Foreign text as text of a page or picture, and nothing else. */
export function escapeMarkup(value: string): string {
  return foreignText(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}
