// The desktop way: @vscode/test-electron downloads VS Code and starts it with the suite.
import { runTests } from '@vscode/test-electron';

/**
 * Runs a suite and resolves with what went wrong outside of the tests, or null.
 * @param {{ profile: { extensionsDir: string, userDataDir: string }, workspace: string, extension: string, tests: string,
 *   env: Record<string, string> }} suite
 */
export async function runOnDesktop({ profile, workspace, extension, tests, env }) {
  const args = [workspace, '--user-data-dir', profile.userDataDir, '--extensions-dir', profile.extensionsDir];
  const quiet = [
    '--disable-workspace-trust',
    '--disable-telemetry',
    '--disable-updates',
    '--skip-welcome',
    '--disable-gpu',
  ];
  // A sandboxed browser refuses to run as root, as in many containers.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  try {
    await runTests({
      extensionDevelopmentPath: extension,
      extensionTestsPath: tests,
      launchArgs: [...args, ...quiet, ...sandbox],
      extensionTestsEnv: env,
    });
    return null;
  } catch (error) {
    return `VS Code ended badly: ${error.message}`;
  }
}
