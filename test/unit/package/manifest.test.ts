// What the Marketplace and strangers read of the package.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const text = (file: string): string => readFileSync(file, 'utf8');
const manifest = JSON.parse(text('package.json')) as {
  version: string;
  homepage: string;
  repository: { url: string };
  bugs: { url: string };
  qna: string;
  pricing: string;
  icon: string;
};

test('package.json: one repository, which homepage, bugs and questions belong to', () => {
  const base = /^https:\/\/github\.com\/[^/]+\/[^/]+(?=\.git$)/.exec(manifest.repository.url)?.[0];
  assert.ok(base, manifest.repository.url);
  for (const link of [manifest.homepage, manifest.bugs.url, manifest.qna]) assert.ok(link.startsWith(base), link);
  assert.equal(manifest.pricing, 'Free');
});

test('the change log has a section for this version, with the kinds of changes under it', () => {
  const log = text('CHANGELOG.md');
  const section = log.split(/^## /m).find((part) => part.split('\n')[0].includes(manifest.version));
  assert.ok(section, manifest.version);
  const kinds = [...section.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind);
  assert.ok(kinds.length > 0);
  for (const kind of kinds) assert.match(kind, /^(Added|Changed|Fixed|Removed|Deprecated|Security)$/);
});

test('pictures of the Marketplace page are PNG, and files that the documents for strangers link to exist', () => {
  assert.match(manifest.icon, /\.png$/);
  for (const file of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
    const links = [...text(file).matchAll(/(!?)\[[^\]]*\]\(([^)#]+)\)/g)].filter(
      ([, , link]) => !/^https?:/.test(link),
    );
    if (file === 'README.md') assert.ok(links.length > 5);
    for (const [, picture, link] of links) {
      assert.ok(existsSync(link), `${file}: ${link}`);
      if (picture) assert.match(link, /\.png$/, `${file}: ${link}`);
    }
  }
});

test('the map in docs/architecture.md names files and folders that exist', () => {
  const map = text('docs/architecture.md').split('## Where is it?')[1].split('\n## ')[0];
  const rows = map.split('\n').filter((line) => /^\| .+ \| .*`/.test(line));
  assert.ok(rows.length > 15, `${rows.length} rows`);
  const bases = ['', 'src/'];
  for (const row of rows)
    for (const [, path] of row.split('|')[2].matchAll(/`([^`]+)`/g)) {
      const [folder, pattern] = path.split('*');
      const found =
        pattern === undefined
          ? bases.some((base) => existsSync(base + path))
          : readdirSync(`src/${folder}`).some((name) => name.endsWith(pattern));
      assert.ok(found, `${path} does not exist`);
    }
});
