import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom (docs/architecture.md). Every layer is a set of folders or files; it may import itself and the layers that it
 * names. `vscode` belongs to src/host alone.
 */
const ENGINE = 'src/engine';
const CONTRACT = ['architecture', 'card', 'feature-extractor', 'model', 'topology', 'weights'].map(
  (name) => `${ENGINE}/acoustic/${name}.ts`,
);

/** The engine from its foundation up: each may import itself and whatever stands before it. */
const ENGINE_LAYERS = [
  [`${ENGINE}/errors.ts`, `${ENGINE}/shell-word.ts`],
  [`${ENGINE}/math`],
  [`${ENGINE}/files`],
  [`${ENGINE}/series`],
  [`${ENGINE}/audio`],
  CONTRACT,
  [`${ENGINE}/acoustic/fused`],
  [`${ENGINE}/acoustic/tfjs`],
  [`${ENGINE}/acoustic/store.ts`, `${ENGINE}/acoustic/open-model.ts`, `${ENGINE}/acoustic/model-output.ts`],
  [`${ENGINE}/acoustic/import`, `${ENGINE}/acoustic/training`],
  [`${ENGINE}/rendering`],
  [`${ENGINE}/ensemble`],
  [`${ENGINE}/reprogram`],
  [`${ENGINE}/theory`],
  [`${ENGINE}/baselines`],
  [`${ENGINE}/control`],
  [`${ENGINE}/embedding`, `${ENGINE}/saliency`],
  [`${ENGINE}/runs`],
  [`${ENGINE}/report`, `${ENGINE}/sweep`],
];

const PANELS = ['compare', 'predictions', 'run', 'saliency', 'series', 'setup', 'tsne'].map(
  (name) => `webview/${name}`,
);

const zones = (targets, forbidden, message) =>
  targets.flatMap((target) => forbidden.map((from) => ({ target: `./${target}`, from: `./${from}`, message })));

const boundaries = [
  ...ENGINE_LAYERS.flatMap((layer, i) =>
    zones(layer, ENGINE_LAYERS.slice(i + 1).flat(), 'The engine has no import upward.'),
  ),
  ...zones(
    ['src/common'],
    [ENGINE, 'src/protocol', 'src/worker', 'src/host', 'src/cli', 'webview'],
    'What everybody shares imports nobody.',
  ),
  ...zones(
    [ENGINE],
    ['src/protocol', 'src/worker', 'src/host', 'src/cli', 'webview'],
    'The engine computes and knows nothing of its callers.',
  ),
  ...zones(
    ['src/protocol'],
    ['src/worker', 'src/host', 'src/cli', 'webview'],
    'The protocol knows the engine’s types only.',
  ),
  ...zones(['src/worker'], ['src/host', 'src/cli', 'webview'], 'The background process serves the engine.'),
  ...zones(['src/cli'], ['src/protocol', 'src/worker', 'src/host', 'webview'], 'The command calls the engine only.'),
  ...zones(
    ['src/host'],
    [ENGINE, 'src/worker', 'src/cli', 'webview'],
    'The extension host never computes: it knows the protocol only.',
  ),
  ...zones(['webview'], [ENGINE, 'src/worker', 'src/host', 'src/cli'], 'A panel draws: it knows the protocol only.'),
  ...zones(['webview/shared'], PANELS, 'What panels share knows no panel.'),
  ...PANELS.flatMap((panel) =>
    zones(
      [panel],
      PANELS.filter((other) => other !== panel),
      'A panel knows no other panel.',
    ),
  ),
];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'dist-test/**',
      'node_modules/**',
      'src/engine/acoustic/fused/assembly/**',
      '.vscode-test/**',
      '.v2s/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.mjs', '.js', '.json'] })],
      'import-x/extensions': ['.ts', '.mjs'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/ignore': ['node_modules'],
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones: boundaries }],
      'max-lines': ['error', { max: 400 }],
    },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    ignores: ['src/host/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['vscode'], message: 'vscode belongs to src/host.' }] }],
    },
  },
  {
    files: ['scripts/**/*.mjs', 'esbuild.mjs', 'src/cli/**/*.ts', 'test/bench/**/*.ts', 'test/**/run*.mjs'],
    rules: { 'no-console': 'off' },
  },
);
