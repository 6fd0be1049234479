import { UNSHOWABLE } from '../../common/foreign-text';
import { trimEnds } from '../../common/trim-ends';

/** A file name that stays in its folder and is allowed everywhere: no separators, control characters or leading dots. */
export function safeFileName(name: string): string {
  const allowed = name
    .normalize('NFC')
    .replace(UNSHOWABLE, '_')
    .replace(/[<>:"/\\|?*]+/g, '_');
  return trimEnds(allowed, /[.\s]/).slice(0, 120) || 'v2s';
}
