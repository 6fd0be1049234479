import { endInTime } from '../common/end-in-time';
import { RunIndex } from '../engine/runs';
import type { LogLine } from '../protocol/panels/run';
import { errorMessage, Peer, type Channel } from '../protocol/rpc';
import { hostContract, workerContract } from '../protocol/worker';
import { classifyRequests } from './classify-requests';
import { embedRequests } from './embed-requests';
import { explainRequests } from './explain-requests';
import { fineTuneRequests } from './fine-tune-requests';
import { importRequests } from './import-requests';
import { Library } from './library';
import { locateRequests } from './locate-requests';
import { mapCheckRequests } from './map-check-requests';
import { modelRequests } from './model-requests';
import { programRequests } from './program-requests';
import { reportRequests } from './report-requests';
import { Runs } from './runs';
import { seriesRequests } from './series-requests';
import { setupRequests } from './setup-requests';
import { theoryRequests } from './theory-requests';

/**
 * A background process: everything that computes, behind the requests of the worker contract. The extension host forks one for
 * trainings and one for viewing, which share nothing but files; each ends with it: when the channel closes or a signal asks it to, runs stop at their next step, and their checkpoints are kept.
 */

if (!process.send) {
  process.stderr.write('This is the background process of the V2S extension; it is started by the extension host.\n');
  process.exit(2);
}

const channel: Channel = {
  post: (message) => {
    if (process.connected) process.send!(message as object, undefined, undefined, () => undefined);
  },
  listen: (receive) => {
    process.on('message', receive);
    return () => process.off('message', receive);
  },
};

const library = new Library();
const index = new RunIndex();
const runs = new Runs(library, index, (event) => peer.emit('run', event));
const log = (level: LogLine['level'], text: string): void => peer.emit('log', { time: Date.now(), level, text });

const peer = new Peer(channel, {
  serves: workerContract,
  uses: hostContract,
  handlers: {
    configure: ({ modelRoots, located, threads, trusted, runRoots }) => {
      library.configure(modelRoots, threads, trusted, located);
      for (const root of runRoots) index.addRoot(root);
      return { pid: process.pid };
    },
    sign: () => ({ resident: process.memoryUsage.rss() }),
    ...seriesRequests(library),
    ...setupRequests(library),
    ...modelRequests(library),
    ...programRequests(library),
    ...locateRequests(library),
    ...importRequests(library),
    ...classifyRequests(library),
    ...explainRequests(library),
    ...mapCheckRequests(library),
    ...embedRequests(library, index),
    ...fineTuneRequests(library),
    ...reportRequests,
    ...theoryRequests(library),
    ...runs.requests,
  },
  onDefect: (text, error) => log('error', `${text}\n${error instanceof Error ? error.stack : String(error ?? '')}`),
});

const tellEnd = endInTime({ asks: { SIGTERM: 1, SIGINT: 1, SIGHUP: 1 }, withParent: true });
let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  tellEnd();
  await runs.stopAll();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());
process.on('disconnect', () => void end());

process.on('uncaughtException', (error) => {
  // What goes on in an unknown state could only do harm: the host restarts the process and offers to resume.
  process.stderr.write(`${error instanceof Error ? error.stack : errorMessage(error)}\n`);
  process.exit(70);
});
