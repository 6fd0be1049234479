// The one build script: bundles every program of the project and compiles the WebAssembly kernels.
//   node esbuild.mjs            everything into dist/, minified, with the notices of all packages in it
//   node esbuild.mjs --watch    rebuild on change (kernels: at the start only), not minified, with source maps for the debugger
//   node esbuild.mjs --test     the unit tests into dist-test/ as well
import { build, context } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { thirdPartyNotices } from './scripts/notices/notices.mjs';
import { unitTestName } from './scripts/unit-tests.mjs';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const watch = process.argv.includes('--watch');
const withTests = process.argv.includes('--test');

/** Compiles the AssemblyScript kernels: a plain SIMD build, and one with fused multiply-add for engines that validate it. */
function compileKernels(outdir) {
  const source = join(root, 'src/engine/acoustic/fused/assembly');
  const newest = Math.max(...readdirSync(source).map((name) => statSync(join(source, name)).mtimeMs));
  mkdirSync(outdir, { recursive: true });
  for (const [variant, features] of Object.entries({
    simd: ['--enable', 'simd'],
    relaxed: ['--enable', 'simd', '--enable', 'relaxed-simd'],
  })) {
    const outFile = join(outdir, `kernels.${variant}.wasm`);
    if (existsSync(outFile) && statSync(outFile).mtimeMs > newest) continue;
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const args = [
      asc,
      join(source, 'index.ts'),
      '-O3',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
      ...features,
      '-o',
      outFile,
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`asc failed:\n${stdout}${stderr}`);
  }
}

/** Puts the WebAssembly binaries of tfjs-backend-wasm beside the bundles, where the tfjs acoustic models look for them. */
function copyTfjsBinaries(outdir) {
  mkdirSync(outdir, { recursive: true });
  for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
    copyFileSync(join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', name), join(outdir, name));
}

/** Native or optional packages that must be resolved at run time, never bundled. */
const external = ['vscode', 'typescript', '@tensorflow/tfjs-node', 'playwright-core', '@vscode/test-electron'];

/**
 * Large libraries that few requests need: each is a bundle of its own in `libraries/` beside the programs, loaded when it is first asked
 * for. A program that held them would read all of them whenever it starts.
 */
const libraries = {
  '@tensorflow/tfjs-core': 'tfjs-core',
  '@tensorflow/tfjs-core/dist/register_all_gradients': 'tfjs-gradients',
  '@tensorflow/tfjs-layers': 'tfjs-layers',
  '@tensorflow/tfjs-backend-cpu': 'tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm': 'tfjs-backend-wasm',
  h5wasm: 'h5wasm',
};

/** Starting must be quick, of the extension and of the command: what comes after it is a bundle of its own. */
const LATER = {
  'src/host/extension.ts': { module: './parts', bundle: './host.js' },
  'src/cli/main.ts': { module: './command-line', bundle: './command-line.js' },
};
const partsApart = {
  name: 'parts-apart',
  setup({ onResolve }) {
    for (const [file, { module, bundle }] of Object.entries(LATER))
      onResolve({ filter: /^\.\/(parts|command-line)$/ }, ({ importer, path }) =>
        importer === join(root, file) && path === module ? { path: bundle, external: true } : undefined,
      );
  },
};

/** Leaves the libraries to their own bundles. @param folder of these bundles as seen from the bundle that is built */
const librariesApart = (folder) => ({
  name: 'libraries-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^(@tensorflow\/|h5wasm$)/ }, ({ path, kind }) =>
      kind !== 'entry-point' && Object.hasOwn(libraries, path)
        ? { path: `${folder}/${libraries[path]}.js`, external: true }
        : undefined,
    );
  },
});

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'warning',
  metafile: true,
  external,
  // `import()` becomes `require()`: the libraries are CommonJS, whose names `import()` does not always find.
  supported: { 'dynamic-import': false },
  plugins: [librariesApart('./libraries')],
};

/**
 * What is shipped is small. Function and class names stay, so that the stack trace in a bug report can be read; the maps beside the
 * bundles say the lines (they are not in the VSIX).
 */
const shipped = { minify: !watch, keepNames: !watch };

const entry = (name, file) => (existsSync(join(root, file)) ? [{ in: join(root, file), out: name }] : []);

const programs = {
  ...common,
  ...shipped,
  entryPoints: [
    ...entry('extension', 'src/host/extension.ts'),
    ...entry('host', 'src/host/parts.ts'),
    ...entry('worker', 'src/worker/main.ts'),
    ...entry('v2s', 'src/cli/main.ts'),
    ...entry('command-line', 'src/cli/command-line.ts'),
    ...entry('shard-thread', 'src/engine/acoustic/fused/shard-thread.ts'),
    ...entry('hdf5-thread', 'src/engine/acoustic/import/hdf5-thread.ts'),
    ...entry('bench', 'test/bench/main.ts'),
  ],
  outdir: 'dist',
  plugins: [...common.plugins, partsApart],
};

const libraryBundles = (outdir) => ({
  ...common,
  ...shipped,
  entryPoints: Object.entries(libraries).map(([name, file]) => ({ in: name, out: file })),
  outdir: join(outdir, 'libraries'),
  plugins: [librariesApart('.')],
  sourcemap: false,
});

/** The panels' pages, for the browser, style sheets as text: a module each, and modules of what they share. */
const panels = {
  absWorkingDir: root,
  entryPoints: ['run', 'tsne', 'saliency', 'series', 'predictions', 'compare', 'setup'].flatMap((name) =>
    entry(name, `webview/${name}/main.ts`),
  ),
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  splitting: true,
  chunkNames: 'shared/[hash]',
  minify: !watch,
  // The developer tools of a webview cannot fetch a file beside the script: while watching, the map is inside of it.
  sourcemap: watch ? 'inline' : 'external',
  loader: { '.css': 'text' },
  logLevel: 'warning',
  metafile: true,
  outdir: 'dist/webview',
};

const testDirectory = join(root, 'test/unit');
const tests = {
  ...common,
  entryPoints: [
    ...readdirSync(testDirectory, { recursive: true })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => ({ in: join(testDirectory, name), out: unitTestName(name) })),
    ...entry('shard-thread', 'src/engine/acoustic/fused/shard-thread.ts'),
    ...entry('hdf5-thread', 'src/engine/acoustic/import/hdf5-thread.ts'),
    ...entry('worker', 'src/worker/main.ts'),
  ],
  outdir: 'dist-test',
};

/** Tells the task in .vscode/tasks.json, which reads what is printed, when all bundles are being built again and when they are done. */
let busy = 0;
const announced = {
  name: 'announced',
  setup({ onStart, onEnd }) {
    onStart(() => {
      if (busy++ === 0) console.log('[watch] build started');
    });
    onEnd(() => {
      if (--busy === 0) console.log('[watch] build finished');
    });
  },
};

/** Writes which files went into which bundle, and the licenses of all that is not ours. */
function writeNotices(outdir, metafiles) {
  const outputs = Object.assign({}, ...metafiles.map((metafile) => metafile.outputs));
  writeFileSync(join(outdir, 'metafile.json'), JSON.stringify({ outputs }));
  writeFileSync(join(outdir, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, outputs));
}

// The names of shared modules change with their content: those of earlier builds would be shipped as well.
rmSync(join(root, 'dist/webview/shared'), { recursive: true, force: true });
compileKernels(join(root, 'dist'));
copyTfjsBinaries(join(root, 'dist'));
const targets = [libraryBundles('dist'), programs, panels];
const testTargets = [libraryBundles('dist-test'), tests];
if (withTests) {
  mkdirSync(join(root, 'dist-test'), { recursive: true });
  for (const variant of ['simd', 'relaxed'])
    copyFileSync(join(root, `dist/kernels.${variant}.wasm`), join(root, `dist-test/kernels.${variant}.wasm`));
  copyTfjsBinaries(join(root, 'dist-test'));
}
if (watch) {
  for (const options of withTests ? [...targets, ...testTargets] : targets) {
    const watched = await context({ ...options, plugins: [...(options.plugins ?? []), announced] });
    await watched.watch();
  }
} else {
  const metafiles = [];
  for (const options of targets) metafiles.push((await build(options)).metafile);
  writeNotices(join(root, 'dist'), metafiles);
  if (withTests) for (const options of testTargets) await build(options);
}
