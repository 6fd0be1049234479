import '../shared/no-eval';
import { comparePanel } from '../../src/protocol/panels/compare';
import { startPanel } from '../shared/panel';
import styles from './compare.css';
import { CompareView } from './compare-view';

startPanel({ panel: comparePanel, styles, create: (context) => new CompareView(context) });
