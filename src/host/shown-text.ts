import { foreignText } from '../common/foreign-text';

/**
 * Foreign text (labels, names, paths, errors) as a text of VS Code may show it: on one line, without icons, links and commands.
 * @param limit number of UTF-16 units after which it is cut
 */
export function shownText(text: string, limit = 200): string {
  return foreignText(text, { limit, inert: true });
}
