// Text from outside can neither act on a terminal or on VS Code nor hide or reorder what stands around it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignText, inertJson } from '../../../src/common/foreign-text';

const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const escaped = (code: number): string =>
  code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;

test('characters that act, hide or reorder become visible escapes', () => {
  const kinds: Record<string, number[]> = {
    control: [...from(0, 0x1f), 0x7f],
    C1: from(0x80, 0x9f),
    bidirectional: [0x61c, ...from(0x202a, 0x202e), ...from(0x2066, 0x2069)],
    'zero width': [0xad, ...from(0x200b, 0x200f), ...from(0x2060, 0x2065), 0xfeff],
    'line separators': [0x2028, 0x2029],
    'lone surrogates': [0xd800, 0xdbff, 0xdc00, 0xdfff],
    annotation: from(0xfff9, 0xfffb),
    tags: from(0xe0000, 0xe007f),
    'variation selectors beyond the usual': [0xe0100, 0xe01ef],
  };
  for (const [kind, codes] of Object.entries(kinds))
    for (const code of codes)
      assert.equal(foreignText(`a${String.fromCodePoint(code)}b`), `a${escaped(code)}b`, `${kind} ${escaped(code)}`);
});

test('what a person writes stays as it is', () => {
  for (const text of ['', 'label 1', 'naïve Größe', 'שלום', 'مرحبا', '中文', '👍🏽 ❤️', 'C:\\data\\a.csv', 'it\'s "x"'])
    assert.equal(foreignText(text), text);
});

test('lines and tabs are kept only where they are asked for', () => {
  assert.equal(foreignText('a\n\tb\r\n', { keepLines: true }), 'a\n\tb\\u000d\n');
  assert.equal(foreignText('a\n\tb'), 'a\\u000a\\u0009b');
  assert.equal(foreignText('a\u001b[2J\u2028b', { keepLines: true }), 'a\\u001b[2J\\u2028b');
});

test('a long text is cut, never within a character', () => {
  assert.equal(foreignText('x'.repeat(300), { limit: 10 }), `${'x'.repeat(10)}…`);
  assert.equal(foreignText('x'.repeat(10), { limit: 10 }), 'x'.repeat(10));
  assert.equal(foreignText('xx👍y', { limit: 3 }), 'xx…');
  assert.equal(foreignText('xx👍y', { limit: 4 }), 'xx👍…');
});

test('inert text forms no icon, link or command', () => {
  // The pattern by which VS Code finds links in messages (parseLinkedText), and the one of icons in labels.
  const link = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+(?: (?:"[^"]*"|'[^']*'))?\)/i;
  const icon = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;
  for (const text of [
    '[x](command:workbench.action.quit)',
    '[x](https://a.invalid "title")',
    '![x](file:///etc/passwd)',
    'a [b [x](command:a)',
    '$(trash) x',
    '$$(sync~spin)',
  ]) {
    assert.ok(link.test(text) || icon.test(text), text);
    const inert = foreignText(text, { inert: true });
    assert.doesNotMatch(inert, link);
    assert.doesNotMatch(inert, icon);
    assert.equal(inert.replaceAll('\u200b', ''), text, 'it still reads the same');
  }
  // A joiner in the text itself is visible, so it cannot pass for ours.
  assert.equal(foreignText('$\u200b(x)', { inert: true }), '$\\u200b(x)');
});

test('random text keeps no harmful character', () => {
  let state = 1;
  const random = (below: number): number => (state = (state * 48271) % 0x7fffffff) % below;
  for (let i = 0; i < 2000; i++) {
    const codes = Array.from({ length: 20 }, () => random([0x100, 0x2100, 0x10000, 0x110000][random(4)]));
    const shown = foreignText(String.fromCodePoint(...codes));
    assert.doesNotMatch(shown, /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u);
    assert.equal(foreignText(shown), shown, 'shown text is shown as it is');
  }
});

test('JSON for a terminal reads back the same and holds no harmful character', () => {
  for (const text of [
    'a\u001b[2J',
    '\u009b31m',
    '\u202egpj.exe',
    'a\u200bb',
    '\u{e0041}',
    '\ud800',
    'a\\u009b',
    'שלום 👍🏽 "x"',
  ]) {
    const json = inertJson({ text, [text]: [text] });
    assert.deepEqual(JSON.parse(json), { text, [text]: [text] });
    assert.equal(foreignText(json), json, 'nothing is left to escape');
  }
});
