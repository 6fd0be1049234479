// The bundles of the unit tests lie side by side in dist-test, because they look for kernels and libraries beside themselves.
//   npm run test:unit            builds and runs all of them
//   npm run test:unit series     those whose folder or file has a name with "series" in it
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, root } from './set-up.mjs';

/** Name of a test's bundle: `series/readers.test.ts` becomes `series-readers.test`. */
export function unitTestName(path) {
  return path.replace(/\.ts$/, '').replaceAll(/[\\/]/g, '-');
}

/** Bundles of the unit tests as paths from the root. @param wanted parts of names; none means all */
export function unitTestBundles(wanted = []) {
  const names = readdirSync(join(root, 'test', 'unit'), { recursive: true }).filter((path) =>
    path.endsWith('.test.ts'),
  );
  const bundles = names.map(unitTestName).sort();
  const chosen = wanted.length === 0 ? bundles : bundles.filter((name) => wanted.some((part) => name.includes(part)));
  return chosen.map((name) => join('dist-test', `${name}.js`));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wanted = process.argv.slice(2).map((part) => unitTestName(part));
  const bundles = unitTestBundles(wanted);
  if (bundles.length === 0) {
    console.error(`No unit test has "${wanted.join('" or "')}" in its name. They lie in test/unit.`);
    process.exit(1);
  }
  build('--test');
  const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...bundles], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
