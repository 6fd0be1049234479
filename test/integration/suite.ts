// What VS Code runs inside its extension host in place of its own business: mocha over the bundled tests beside this file.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Runner, Test } from 'mocha';

/** One line of the report file: a test that ended, or the end of all. */
export type ReportLine =
  | { type: 'pass' | 'pending'; title: string; milliseconds: number }
  | { type: 'fail'; title: string; error: string }
  | { type: 'end'; failures: number };

/**
 * Entry point that VS Code calls (`--extensionTestsPath`). Every outcome goes at once, as a line of JSON, into the file named
 * by V2S_TEST_REPORT, for whoever started VS Code.
 * @throws {Error} if a test failed: VS Code then ends with a code other than 0
 */
export async function run(): Promise<void> {
  const report = process.env.V2S_TEST_REPORT;
  if (!report) throw new Error('V2S_TEST_REPORT must name the file that the outcomes go to.');
  const write = (line: ReportLine) => appendFileSync(report, `${JSON.stringify(line)}\n`);

  const { default: Mocha } = await import('mocha');
  const silent = function () {} as unknown as Mocha.ReporterConstructor;
  const mocha = new Mocha({
    ui: 'tdd',
    timeout: 60_000,
    reporter: silent,
    grep: process.env.V2S_TEST_GREP || undefined,
  });
  for (const name of readdirSync(__dirname).sort()) if (name.endsWith('.test.js')) mocha.addFile(join(__dirname, name));

  const failures = await new Promise<number>((resolve) => {
    const runner: Runner = mocha.run(resolve);
    const ended = (type: 'pass' | 'pending') => (test: Test) =>
      write({ type, title: test.fullTitle(), milliseconds: test.duration ?? 0 });
    runner.on('pass', ended('pass'));
    runner.on('pending', ended('pending'));
    runner.on('fail', (test: Test, error: Error) =>
      write({ type: 'fail', title: test.fullTitle(), error: error.stack ?? String(error) }),
    );
  });
  write({ type: 'end', failures });
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
