import '../shared/no-eval';
import { predictionsPanel } from '../../src/protocol/panels/predictions';
import { startPanel } from '../shared/panel';
import styles from './predictions.css';
import { PredictionsView } from './predictions-view';

startPanel({ panel: predictionsPanel, styles, create: (context) => new PredictionsView(context) });
