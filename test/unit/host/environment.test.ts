import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerEnvironment } from '../../../src/host/background/environment';

test('the background process gets what it needs of the environment, and no secrets or options of Node', () => {
  const given = {
    Path: 'C:\\bin',
    HOME: '/home/a',
    LC_ALL: 'C',
    NODE_OPTIONS: '--require x',
    GITHUB_TOKEN: 't',
    AWS_KEY: 'k',
  };
  assert.deepEqual(workerEnvironment(given), {
    Path: 'C:\\bin',
    HOME: '/home/a',
    LC_ALL: 'C',
    ELECTRON_RUN_AS_NODE: '1',
  });
});
