import tseslint from 'typescript-eslint';

const layer = (files, forbidden, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
});

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
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  layer(
    ['src/text/**/*.ts'],
    ['vscode', '**/engine/**', '**/protocol/**', '**/worker/**', '**/host/**', '**/cli/**', '**/webview/**'],
    'Making text safe to show needs nothing of its users: every layer, and webview, may import it.',
  ),
  layer(
    ['src/engine/**/*.ts'],
    ['vscode', '**/protocol/**', '**/worker/**', '**/host/**', '**/cli/**'],
    'The engine computes and knows nothing of its callers (docs: architecture).',
  ),
  layer(
    ['src/protocol/**/*.ts'],
    ['vscode', '**/worker/**', '**/host/**', '**/cli/**'],
    'The protocol may import engine types and src/text only.',
  ),
  layer(
    ['src/worker/**/*.ts'],
    ['vscode', '**/host/**', '**/cli/**'],
    'The worker may import engine, protocol and src/text only.',
  ),
  layer(
    ['src/cli/**/*.ts'],
    ['vscode', '**/protocol/**', '**/worker/**', '**/host/**'],
    'The command may import the engine and src/text only.',
  ),
  layer(
    ['src/host/**/*.ts'],
    ['**/engine/**', '**/worker/**', '**/cli/**'],
    'The extension host never computes: it may import the protocol and src/text only.',
  ),
  {
    files: ['scripts/**/*.mjs', 'esbuild.mjs', 'src/cli/**/*.ts', 'test/bench/**/*.ts', 'test/**/run*.mjs'],
    rules: { 'no-console': 'off' },
  },
);
