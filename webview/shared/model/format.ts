/** How numbers are written in every panel: one place, so that the same quantity looks the same everywhere. */

/** A thin space between number and unit, as the SI demands. */
const UNIT_SPACE = '\u202f';
const MINUS = '\u2212';

/** Up to `digits` significant digits, no trailing zeros, a true minus sign; `n/a` where there is no number. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'n/a';
  if (!Number.isFinite(value)) return value > 0 ? '\u221e' : `${MINUS}\u221e`;
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const text =
    magnitude >= 1e6 || magnitude < 1e-4
      ? value.toExponential(Math.max(0, digits - 1)).replace(/\.?0+e/, 'e')
      : String(Number(value.toPrecision(digits)));
  return text.replace(/-/g, MINUS);
}

/** A fraction 0..1 as a percentage: `93.3 %`. */
export function formatPercent(fraction: number | null | undefined, decimals = 1): string {
  if (fraction === null || fraction === undefined || Number.isNaN(fraction)) return 'n/a';
  return `${(100 * fraction).toFixed(decimals)}${UNIT_SPACE}%`;
}

/** Seconds on the clip: milliseconds below 0.1 s would hide the digits that matter, so always seconds with 4 decimals at most. */
export function formatSeconds(seconds: number): string {
  return `${Number(seconds.toFixed(4))}${UNIT_SPACE}s`;
}

/** A length of time as a person says it: `48 s`, `3 min 05 s`, `2 h 04 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'n/a';
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : whole}${UNIT_SPACE}s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}${UNIT_SPACE}min ${two(whole % 60)}${UNIT_SPACE}s`;
  return `${Math.floor(whole / 3600)}${UNIT_SPACE}h ${two(Math.floor((whole % 3600) / 60))}${UNIT_SPACE}min`;
}

/** `440 Hz`, `8 kHz`. */
export function formatHertz(hertz: number): string {
  return hertz >= 1000
    ? `${Number((hertz / 1000).toPrecision(3))}${UNIT_SPACE}kHz`
    : `${Number(hertz.toPrecision(3))}${UNIT_SPACE}Hz`;
}

/** A whole number with groups of three digits: `1,024`. */
export function formatInteger(value: number): string {
  return value.toLocaleString('en-US');
}

/** The first characters of a checksum, enough to compare by eye. */
export function shortChecksum(sha256: string): string {
  return sha256.slice(0, 12);
}
