import '../shared/no-eval';
import { setupPanel } from '../../src/protocol/panels/setup';
import { startPanel } from '../shared/panel';
import styles from './setup.css';
import { SetupPage } from './setup-view';

startPanel({ panel: setupPanel, styles, create: (context) => new SetupPage(context) });
