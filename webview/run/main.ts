import '../shared/no-eval';
import { runPanel } from '../../src/protocol/panels/run';
import { startPanel } from '../shared/panel';
import styles from './run.css';
import { RunView } from './run-view';

startPanel({ panel: runPanel, styles, create: (context) => new RunView(context) });
