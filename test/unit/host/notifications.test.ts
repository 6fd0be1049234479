// Whatever VS Code shows in a notification is our own text, or foreign text that was made inert (`shownText`).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';

const SHOWS = /\.(show(Error|Warning|Information)Message|setStatusBarMessage)$/;
const HOST = 'src/host';

/** The expressions that can become the text, with the initializers of local constants and what functions of the file return. */
function isInert(text: ts.Expression, file: ts.SourceFile, depth = 0): boolean {
  const of = (part: ts.Expression): boolean => isInert(part, file, depth + 1);
  if (depth > 8) return false;
  if (ts.isStringLiteralLike(text) || ts.isNumericLiteral(text)) return true;
  if (ts.isParenthesizedExpression(text)) return of(text.expression);
  if (ts.isConditionalExpression(text)) return of(text.whenTrue) && of(text.whenFalse);
  if (ts.isCallExpression(text)) {
    const name = text.expression.getText(file);
    if (name === 'shownText') return true;
    if (/(^|\.)t$/.test(name)) return text.arguments.every(of);
    // A number, in words.
    return name === 'percent' || name.endsWith('.toFixed');
  }
  return false;
}

/** Notifications whose text comes in as a parameter or a result: the place that makes it, which must be inert itself. */
const ELSEWHERE: Record<string, RegExp> = {
  'runs.ts': /#offerResume\(\s*[\w.]+,\s*([^]*?),?\s*\);/g,
};

test('notifications show nothing raw', () => {
  let seen = 0;
  for (const name of readdirSync(HOST, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))) {
    const source = readFileSync(join(HOST, name), 'utf8');
    const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && SHOWS.test(node.expression.getText(file))) {
        seen++;
        const [text] = node.arguments;
        const named = ts.isIdentifier(text) && ['text', 'question'].includes(text.text);
        assert.ok(named || isInert(text, file), `${name}: ${text.getText(file)}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    for (const [, argument] of source.matchAll(ELSEWHERE[name] ?? /(?!)/g)) {
      const made = ts.createSourceFile('argument.ts', `(${argument});`, ts.ScriptTarget.ES2022, true).statements[0];
      assert.ok(ts.isExpressionStatement(made));
      assert.ok(isInert(made.expression, made.getSourceFile()), `${name}: ${argument}`);
      seen++;
    }
  }
  assert.ok(seen >= 12, `${seen} notifications were found`);
});
