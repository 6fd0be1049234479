import { version } from '../../package.json';
import { writeReport } from '../engine/report';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';

type ReportRequests = Pick<Handlers<WorkerContract>, 'writeReport'>;

export const reportRequests: ReportRequests = {
  async writeReport({ run, out, replace }) {
    await writeReport({ run, out, version, replace });
    return {};
  },
};
