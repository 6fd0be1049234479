// Ways in which a file is damaged, or made by somebody who means harm.

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x2c, 0x3b, 0x5b, 0x7b];
const TOKENS = [
  '-1',
  '0',
  '1e9',
  '9007199254740992',
  '1e400',
  '-1e-400',
  '1.5',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '"../../x"',
  'NaN',
  '4294967296',
];
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

const integer = (random, below) => Math.floor(random.uniform() * below);
const pick = (random, list) => list[integer(random, list.length)];

/** A text with one to three of its numbers, or of the strings of its JSON, replaced by extremes. */
export function damageText(random, text) {
  for (let changes = 1 + integer(random, 3); changes > 0; changes--) {
    const places = [...text.matchAll(random.uniform() < 0.7 ? NUMBER : /"(?:[^"\\]|\\.)*"/g)];
    if (places.length === 0) return text;
    const { index, 0: old } = pick(random, places);
    text = text.slice(0, index) + pick(random, TOKENS) + text.slice(index + old.length);
  }
  return text;
}

/** Bytes with one to four changes: bits, bytes, cuts, repetitions, insertions. */
export function damageBytes(random, bytes) {
  let damaged = Buffer.from(bytes);
  for (let changes = 1 + integer(random, 4); changes > 0 && damaged.length > 0; changes--) {
    // Headers are small and at the start.
    const at = integer(random, random.uniform() < 0.5 ? Math.min(damaged.length, 2048) : damaged.length);
    const size = 1 + integer(random, Math.min(64, damaged.length - at));
    const [before, piece, after] = [
      damaged.subarray(0, at),
      damaged.subarray(at, at + size),
      damaged.subarray(at + size),
    ];
    switch (integer(random, 7)) {
      case 0:
        damaged[at] ^= 1 << integer(random, 8);
        break;
      case 1:
        damaged[at] = pick(random, BYTES);
        break;
      case 2:
        damaged = Buffer.from(before);
        break;
      case 3:
        damaged = Buffer.concat([before, after]);
        break;
      case 4:
        damaged = Buffer.concat([before, piece, piece, after]);
        break;
      case 5:
        damaged = Buffer.concat([before, Buffer.from(piece).fill(pick(random, BYTES)), after]);
        break;
      default:
        damaged = Buffer.concat([
          before,
          Buffer.from(Array.from({ length: size }, () => integer(random, 256))),
          piece,
          after,
        ]);
    }
  }
  return damaged;
}
