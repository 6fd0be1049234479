/** A file name that stays in its folder and is allowed everywhere: no separators, control characters or leading dots. */
export function safeFileName(name: string): string {
  const safe = name
    .normalize('NFC')

    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069<>:"/\\|?*]+/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .slice(0, 120);
  return safe || 'v2s';
}
