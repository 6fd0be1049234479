// What the panels say: whole texts that can be translated, in the words of the house.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** Every text that a panel gives to `t`. */
function panelTexts(): string[] {
  const folder = join(process.cwd(), 'webview');
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const source = readFileSync(join(folder, name), 'utf8');
      return [...source.matchAll(/(?<![\w.$])t\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/g)].map((found) =>
        found[1].slice(1, -1),
      );
    });
}

test('webview: no text is a fragment that is glued to another one', () => {
  const texts = panelTexts();
  assert.ok(texts.length > 250, `only ${texts.length} texts were found`);
  const fragments = texts.filter((text) => text !== text.trim() || /^[,;.)]|[,;(]$/.test(text));
  assert.deepEqual(fragments, []);
  // A noun with its plural beside it is a sign of a count that is glued to it.
  const glued = readdirSync(join(process.cwd(), 'webview'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .filter((name) =>
      /t\('(\w+)'\), t\('\1(?:s|es)'\)/.test(readFileSync(join(process.cwd(), 'webview', name), 'utf8')),
    );
  assert.deepEqual(glued, []);
});

test('webview: one word for each thing', () => {
  const wrong = panelTexts().filter((text) =>
    /\bcop(?:y|ies) of the series|\btSNE\b|cancel{2}ed|\bsource labels?\b/i.test(text),
  );
  assert.deepEqual(wrong, []);
});
