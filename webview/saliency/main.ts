import '../shared/no-eval';
import { saliencyPanel } from '../../src/protocol/panels/saliency';
import { startPanel } from '../shared/panel';
import styles from './saliency.css';
import { SaliencyView } from './saliency-view';

startPanel({ panel: saliencyPanel, styles, create: (context) => new SaliencyView(context) });
