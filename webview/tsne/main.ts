import '../shared/no-eval';
import { tsnePanel } from '../../src/protocol/panels/tsne';
import { startPanel } from '../shared/panel';
import styles from './tsne.css';
import { TsneView } from './tsne-view';

startPanel({ panel: tsnePanel, styles, create: (context) => new TsneView(context) });
