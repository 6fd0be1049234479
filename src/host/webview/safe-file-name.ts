import { UNSHOWABLE } from '../../common/foreign-text';

/** A file name that stays in its folder and is allowed everywhere: no separators, control characters or leading dots. */
export function safeFileName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replace(UNSHOWABLE, '_')
    .replace(/[<>:"/\\|?*]+/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .slice(0, 120);
  return safe || 'v2s';
}
