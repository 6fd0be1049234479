import '../shared/no-eval';
import { seriesPanel } from '../../src/protocol/panels/series';
import { startPanel } from '../shared/panel';
import styles from './series.css';
import { SeriesView } from './series-view';

startPanel({ panel: seriesPanel, styles, create: (context) => new SeriesView(context) });
