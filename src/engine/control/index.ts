/** The control of reprogramming: what is left when the acoustic model knows nothing of speech. */
export type { Listener } from './listeners';
export { runControls, type ControlRow } from './run-controls';
export { summarizeControls, type ControlSummary, type Spread } from './summary';
