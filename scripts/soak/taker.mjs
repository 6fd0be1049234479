// A process of the lock campaign: takes and releases when it is told to.
import { createRequire } from 'node:module';

const { RunLock } = createRequire(import.meta.url)(process.argv[2]);
let lock = null;

process.on('message', async (message) => {
  if (message.do === 'take')
    process.send(
      await RunLock.take(message.folder).then(
        (taken) => ((lock = taken), 'owner'),
        (error) => error.code ?? String(error),
      ),
    );
  else {
    await lock?.release();
    lock = null;
    process.send('done');
  }
});
