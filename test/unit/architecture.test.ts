// The import graph has no cycle, types included. ESLint says who may import whom (eslint.config.mjs).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';

const files = ['src', 'webview'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => file.endsWith('.ts') && !file.includes(`${sep}assembly${sep}`)),
);

/** The files of the project that a file imports. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => {
      const path = normalize(join(dirname(file), fileName));
      return [`${path}.ts`, join(path, 'index.ts'), path].find((candidate) => existsSync(candidate));
    })
    .filter((path) => path !== undefined && path.endsWith('.ts')) as string[];
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

/** The first cycle that a depth-first walk meets, as a path from a file back to itself. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}

test('no file imports itself by way of others', () => {
  assert.ok(files.length > 200 && [...graph.values()].flat().length > 600, 'the graph was read');
  assert.deepEqual(
    findCycle(
      new Map([
        ['a', ['b']],
        ['b', ['c', 'a']],
        ['c', []],
      ]),
    ),
    ['a', 'b', 'a'],
  );
  assert.equal(findCycle(graph), null);
});

test('every folder of the engine belongs to a layer that ESLint knows', () => {
  const config = readFileSync('eslint.config.mjs', 'utf8');
  const folders = new Set(
    files
      .filter((file) => file.startsWith(join('src', 'engine')))
      .map((file) => relative(join('src', 'engine'), file).split(sep))
      .map(([first, second, third]) => (first === 'acoustic' && third ? `${first}/${second}` : first)),
  );
  for (const folder of folders)
    if (folder !== 'acoustic') assert.ok(config.includes(`\${ENGINE}/${folder}`), `${folder} is in no layer`);
});
