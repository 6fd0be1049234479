import { fork } from 'node:child_process';
import { join } from 'node:path';
import { Peer, type Channel, type Remote } from '../../../src/protocol/rpc';
import { hostContract, workerContract, type WorkerContract } from '../../../src/protocol/worker';

/** Runs `work` with the background process as the extension host starts it; it ends afterward. */
export async function withBackground(
  modelRoots: string[],
  work: (remote: Remote<WorkerContract>) => Promise<void>,
): Promise<void> {
  const child = fork(join(__dirname, 'worker.js'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  const channel: Channel = {
    post: (message) => void child.send(message as object),
    listen: (receive) => {
      child.on('message', receive);
      return () => child.off('message', receive);
    },
  };
  const defects: string[] = [];
  const peer = new Peer(channel, {
    serves: hostContract,
    handlers: {},
    uses: workerContract,
    onDefect: (text) => defects.push(text),
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await peer.remote.configure({ modelRoots, threads: 2, trusted: true });
    await work(peer.remote);
    if (defects.length > 0) throw new Error(defects.join('\n'));
  } finally {
    peer.close();
    child.disconnect();
    await ended;
  }
}
