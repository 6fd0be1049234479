// A real VS Code for the tests, for `npm start` and for trying things out, on machines without Microsoft's downloads.
//   node scripts/code-server.mjs              installs code-server if it is not there yet
//   node scripts/code-server.mjs FOLDER       and serves FOLDER until Ctrl+C
//   node scripts/code-server.mjs FOLDER --vsix FILE    with an extension in it
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { ensureCodeServer } from './vscode/install.mjs';
import { installExtension, startCodeServer, temporaryProfile } from './vscode/serve.mjs';

async function main() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { vsix: { type: 'string' } } });
  const { folder } = await ensureCodeServer();
  if (positionals.length === 0) {
    console.log(folder);
    return;
  }
  const profile = await temporaryProfile();
  if (values.vsix) await installExtension(resolve(values.vsix), profile);
  const server = await startCodeServer({ ...profile, folder: resolve(positionals[0]) });
  console.log(`VS Code is served at ${server.url} (Ctrl+C stops it)`);
  await new Promise((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
  await server.stop();
  await profile.remove();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
