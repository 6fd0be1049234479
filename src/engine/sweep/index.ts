/** Many runs: a plan, its task list, the folder that processes share, and what came out. */
export { compareClassifiers, type Comparison } from './comparison';
export { criticalDifferenceSvg } from './critical-difference';
export { executeTask } from './execute-task';
export { DEFAULT_ARRAY_SIZE, jobArrayScript, shareOf } from './job-array';
export { durationsOf, makespan } from './makespan';
export { readPlan } from './plan';
export { REPORT_HTML, reportHtml } from './report';
export { RUNS_CSV, runsCsv } from './runs-csv';
export { SweepFolder, type TaskProgress, type TaskState } from './sweep-folder';
export { tasksOf, type Task } from './tasks';
