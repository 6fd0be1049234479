import type { EpochPoint, LogLine, RunRecord, RunResult, runPanel } from '../../src/protocol/panels/run';
import type { EventData } from '../../src/protocol/rpc';
import { confusionData, confusionTable } from '../shared/charts/confusion';
import { EpochChart, type EpochCurve } from '../shared/charts/epoch-chart';
import { VirtualTable, type TableColumn } from '../shared/charts/virtual-table';
import { button, progressBar, select } from '../shared/controls';
import { element, perFrame } from '../shared/dom';
import { DASHES } from '../shared/model/colors';
import { formatCount, formatDuration, formatNumber, formatPercent, shortChecksum } from '../shared/model/format';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import { runActions, secondsLeft, trainingKey, trainingsOf, type Training } from './run-model';
import { ThetaChart } from './theta-chart';

type Host = typeof runPanel.host;
interface Kept {
  /** null follows the training under way */
  training: string | null;
  tableOpen: boolean;
}

const LATEST = 'latest';

/** One run: what it is, how it goes, what it reached. */
export class RunView implements PanelView<RunRecord> {
  readonly element: HTMLElement;
  readonly #charts: Record<'accuracy' | 'loss' | 'distance' | 'bound' | 'risk', EpochChart>;
  readonly #theta = new ThetaChart();
  readonly #title = element('h1', {});
  readonly #status = element('span', { class: 'badge' });
  readonly #facts = element('span', { class: 'muted' });
  readonly #stop = button(t('Stop'), () => void this.context.attempt(this.context.remote.stop({})), {
    title: t('Stop the run; a checkpoint is kept'),
  });
  readonly #resume = button(t('Resume'), () => void this.context.attempt(this.context.remote.resume({})), {
    appearance: 'primary',
    title: t('Resume the run from its last checkpoint'),
  });
  readonly #openers = element('div', { class: 'actions start' });
  readonly #progress = progressBar(t('Progress of the run'));
  readonly #progressText = element('span', { class: 'muted' });
  readonly #progressRow = element('div', { class: 'progress-row' }, this.#progress.element, this.#progressText);
  readonly #picker = select(t('Training'), [{ value: LATEST, text: t('Latest') }], LATEST, (value) => {
    this.#chosen = value === LATEST ? null : value;
    this.#remember();
    this.#drawEpochs();
  });
  readonly #boundNote = element(
    'p',
    { class: 'muted' },
    t(
      'Theorem 1: the target risk is at most the source risk plus 2 √K times W1, the Wasserstein-1 distance between the logits of the reprogrammed series and those of source speech. The bound lies far above the risk, so read its course, not its height. Both are over the training part.',
    ),
  );
  readonly #readout = element('p', { class: 'readout muted', 'aria-live': 'off' });
  readonly #thetaTitle = element('h2', {});
  readonly #thetaMissing = element(
    'p',
    { class: 'muted' },
    t('The waveform that is added to every series appears with the first checkpoint.'),
  );
  readonly #failure = element('div', { class: 'failure card', role: 'alert', hidden: true });
  readonly #result = element('section', { class: 'card result', 'aria-label': t('Result') });
  readonly #mapping = element('section', { class: 'card', 'aria-label': t('Label mapping') });
  readonly #setup = element('section', { class: 'card', 'aria-label': t('Set-up') });
  readonly #log = element('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': t('Log') });
  readonly #table: VirtualTable;
  readonly #figure: HTMLElement;
  readonly #details: HTMLDetailsElement;
  #record: RunRecord | null = null;
  #step: EventData<Host, 'step'> | null = null;
  /** ms when epochs arrived, to tell how long the rest takes */
  #arrivals: number[] = [];
  #chosen: string | null;
  #cursor: number | null = null;
  readonly #drawSoon = perFrame(() => this.#drawEpochs());

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored } = context;
    this.#chosen = typeof restored.training === 'string' ? restored.training : null;
    const hover = (epoch: number | null): void => this.#setCursor(epoch);
    this.#charts = {
      accuracy: new EpochChart(t('Accuracy'), (value) => `${formatNumber(100 * value, 3)} %`, [0, 1], false, hover),
      loss: new EpochChart(t('Loss'), (value) => formatNumber(value, 3), null, false, hover),
      distance: new EpochChart(
        t('Sliced Wasserstein distance to the source'),
        (value) => formatNumber(value, 3),
        null,
        false,
        hover,
      ),
      bound: new EpochChart(t('Bound of Theorem 1'), (value) => formatNumber(value, 4), 'course', false, hover),
      risk: new EpochChart(t('Target risk, measured'), (value) => formatNumber(value, 3), null, true, hover),
    };
    this.#table = new VirtualTable({ label: t('Epochs') });
    this.#details = element(
      'details',
      { class: 'epoch-table' },
      element('summary', {}, t('Epochs as a table')),
      this.#table.element,
    );
    this.#details.open = restored.tableOpen === true;
    this.#details.addEventListener('toggle', () => {
      this.#remember();
      this.#table.refresh();
    });
    const charts = element(
      'div',
      {
        class: 'charts',
        tabindex: 0,
        role: 'group',
        'aria-label': t('Curves over the epochs. Left and right arrow keys move the cursor.'),
      },
      this.#charts.accuracy.element,
      this.#charts.loss.element,
      this.#charts.distance.element,
      this.#charts.bound.element,
      this.#charts.risk.element,
      this.#boundNote,
      this.#readout,
    );
    charts.addEventListener('keydown', (event) => this.#onChartKey(event));
    this.#figure = element(
      'div',
      { class: 'figure' },
      charts,
      element('section', { class: 'theta' }, this.#thetaTitle, this.#thetaMissing, this.#theta.element),
    );
    const exports = context.exportButtons({
      name: () => [this.#record?.name ?? 'run', 'run'],
      picture: () => this.#figure,
      table: () => this.#epochTable(),
      json: () => this.#record,
    });
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#status, this.#facts),
      element(
        'div',
        { class: 'toolbar' },
        this.#stop.element,
        this.#resume.element,
        this.#openers,
        element('span', { class: 'spacer' }),
        this.#picker.element,
        exports,
      ),
      this.#progressRow,
      this.#failure,
      element(
        'div',
        { class: 'columns' },
        element('div', { class: 'main-column' }, this.#figure, this.#details),
        element(
          'div',
          { class: 'side-column' },
          this.#result,
          this.#mapping,
          this.#setup,
          element('section', { class: 'card' }, element('h2', {}, t('Log')), this.#log),
        ),
      ),
    );
    context.on('epoch', (point) => this.#addEpoch(point));
    context.on('step', (step) => {
      this.#step = step;
      this.#drawProgress();
    });
    context.on('log', (lines) => {
      this.#record?.log.push(...lines);
      this.#appendLog(lines);
    });
    context.on('theta', (theta) => {
      if (!this.#record) return;
      this.#record.theta = theta;
      this.#record.thetaInitial ??= theta.epoch === 0 ? theta.values : null;
      this.#drawTheta();
    });
    context.on('status', (change) => {
      if (!this.#record) return;
      Object.assign(this.#record, change);
      this.#drawStatus();
      this.#drawResult();
    });
    context.onTheme(() => {
      this.#drawEpochs();
      this.#drawResult();
      this.#drawTheta();
    });
  }

  update(record: RunRecord): void {
    this.#record = record;
    this.#arrivals = [];
    this.#title.textContent = record.name;
    this.#log.replaceChildren();
    this.#appendLog(record.log);
    this.#drawStatus();
    this.#drawEpochs();
    this.#drawTheta();
    this.#drawResult();
    this.#drawMapping();
    this.#drawSetup();
  }

  #remember(): void {
    this.context.keep({ training: this.#chosen, tableOpen: this.#details.open });
  }

  #addEpoch(point: EpochPoint): void {
    if (!this.#record) return;
    const isNewTraining =
      this.#record.epochs.length === 0 || trainingKey(this.#record.epochs.at(-1) ?? point) !== trainingKey(point);
    this.#record.epochs.push(point);
    if (isNewTraining) this.#arrivals = [];
    this.#arrivals.push(Date.now());
    this.#step = null;
    this.#drawSoon();
    this.#drawProgress();
  }

  #drawStatus(): void {
    const record = this.#record;
    if (!record) return;
    this.#status.textContent = STATUS_TEXT[record.status]();
    this.#status.dataset.status = record.status;
    this.#facts.textContent = t('through {0} · started {1}', record.model.id, localTime(record.created));
    const { stop, resume } = runActions(record.status);
    this.#stop.element.hidden = !stop && record.status !== 'stopping';
    this.#stop.disabled = !stop;
    this.#resume.element.hidden = !resume;
    const openers: [string, 'saliency' | 'tsne' | 'predictions'][] = [
      [t('Saliency'), 'saliency'],
      [t('tSNE'), 'tsne'],
      [t('Predictions'), 'predictions'],
    ];
    this.#openers.hidden = !record.written;
    if (record.written && this.#openers.childElementCount === 0)
      this.#openers.append(
        ...openers.map(
          ([label, what]) => button(label, () => void this.context.attempt(this.context.remote.open({ what }))).element,
        ),
      );
    this.#failure.hidden = record.failure === null;
    if (record.failure)
      this.#failure.replaceChildren(
        element('p', {}, record.failure.message),
        element('p', { class: 'muted code' }, record.failure.code),
      );
    this.context.announce(t('Run {0}: {1}', record.name, this.#status.textContent));
    this.#drawProgress();
  }

  #drawProgress(): void {
    const record = this.#record;
    if (!record) return;
    const active = record.status === 'running' || record.status === 'stopping';
    this.#progressRow.hidden = !active;
    if (!active) return;
    const last = record.epochs.at(-1);
    if (!last) {
      this.#progress.fraction = null;
      this.#progressText.textContent = t('Preparing…');
      return;
    }
    const within = this.#step && this.#step.steps > 0 ? this.#step.step / this.#step.steps : 0;
    this.#progress.fraction = last.total > 0 ? (last.done + within) / last.total : null;
    const left = secondsLeft(record.epochs, this.#arrivals);
    const parts = [t('epoch {0} of {1}', last.epoch, last.epochs), `${formatNumber(last.msPerStep, 3)} ms/step`];
    if (last.phase === 'replicas') parts.unshift(t('comparing replicas: {0}', last.replicas));
    if (last.phase === 'folds') parts.unshift(t('fold {0}', last.fold ?? 0));
    if (left !== null) parts.push(t('about {0} left', formatDuration(left)));
    this.#progressText.textContent = parts.join(' · ');
  }

  #training(): Training | null {
    const trainings = trainingsOf(this.#record?.epochs ?? []);
    this.#picker.setOptions([
      { value: LATEST, text: t('Latest') },
      ...trainings.map((training) => ({ value: training.key, text: trainingName(training) })),
    ]);
    this.#picker.element.hidden = trainings.length < 2;
    return trainings.find(({ key }) => key === this.#chosen) ?? trainings.at(-1) ?? null;
  }

  #drawEpochs(): void {
    const { theme } = this.context;
    const training = this.#training();
    const points = training?.points ?? [];
    const epochs = points.map(({ epoch }) => epoch);
    const lastEpoch = Math.max(points.at(-1)?.epochs ?? 1, epochs.at(-1) ?? 1);
    const kept = points.findLast(({ selected }) => selected === true);
    const isFinal = training?.phase === 'training' && this.#record?.result;
    const marked = isFinal ? isFinal.bestEpoch : (kept?.epoch ?? null);
    const pair = (metric: 'accuracy' | 'loss'): EpochCurve[] => [
      {
        name: t('train'),
        color: theme.accent,
        dash: DASHES[1],
        values: points.map((point) => point.train[metric]),
      },
      {
        name: t('validation'),
        color: theme.second,
        dash: DASHES[0],
        values: points.map((point) => point.validation?.[metric] ?? null),
      },
    ];
    const names = [...new Set(points.flatMap(({ measures }) => Object.keys(measures)))];
    const curve = (measure: string, name: string): EpochCurve => ({
      name,
      color: theme.accent,
      dash: DASHES[0],
      values: points.map(({ measures }) => measures[measure] ?? null),
    });
    const theory = {
      distance: curve('swd', 'SWD'),
      bound: curve('bound', t('bound')),
      risk: curve('target_risk', t('risk')),
    };
    const common = { epochs, lastEpoch, marked };
    this.#charts.accuracy.set({ ...common, curves: pair('accuracy') });
    this.#charts.loss.set({ ...common, curves: pair('loss') });
    for (const [chart, shown] of Object.entries(theory) as [keyof typeof theory, EpochCurve][]) {
      this.#charts[chart].set({ ...common, curves: [shown] });
      this.#charts[chart].element.hidden = shown.values.every((value) => value === null);
    }
    this.#boundNote.hidden = this.#charts.bound.element.hidden;
    this.#setCursor(this.#cursor);
    this.#table.set(
      epochColumns(points, names),
      epochs.map((_, i) => i),
    );
  }

  #setCursor(epoch: number | null): void {
    this.#cursor = epoch;
    for (const chart of Object.values(this.#charts)) chart.setCursor(epoch);
    const points = this.#training()?.points ?? [];
    const point = points.find((candidate) => candidate.epoch === epoch) ?? points.at(-1);
    this.#readout.textContent = point ? describeEpoch(point) : t('The first epoch will appear here when it is done.');
  }

  #onChartKey(event: KeyboardEvent): void {
    const epochs = (this.#training()?.points ?? []).map((point) => point.epoch);
    if (epochs.length === 0) return;
    const at = this.#cursor === null ? epochs.length - 1 : epochs.indexOf(this.#cursor);
    const targets: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: epochs.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#setCursor(epochs[Math.max(0, Math.min(epochs.length - 1, target))]);
    this.context.announce(this.#readout.textContent ?? '');
  }

  #drawTheta(): void {
    const theta = this.#record?.theta;
    this.#thetaTitle.textContent = theta ? t('Theta after epoch {0}', theta.epoch) : t('Theta');
    this.#thetaMissing.hidden = Boolean(theta);
    this.#theta.element.hidden = !theta;
    this.#theta.set(
      theta && this.#record
        ? {
            epoch: theta.epoch,
            values: theta.values,
            initial: this.#record.thetaInitial,
            placement: this.#record.placement,
          }
        : null,
    );
  }

  #drawResult(): void {
    const record = this.#record;
    if (!record) return;
    const { result } = record;
    this.#result.hidden = result === null;
    if (!result) return;
    const { test } = result;
    const facts: [string, string][] = [
      [t('Best epoch'), String(result.bestEpoch)],
      [t('Train'), metricsText(result.train)],
      [t('Validation'), result.validation ? metricsText(result.validation) : t('none')],
      [t('Test'), test ? metricsText(test) : t('no test file')],
    ];
    if (result.seconds !== null) facts.push([t('Time'), formatDuration(result.seconds)]);
    if (result.msPerStep !== null) facts.push([t('Step'), `${formatNumber(result.msPerStep, 3)} ms`]);
    this.#result.replaceChildren(
      element('h2', {}, test ? t('Test accuracy') : t('Train accuracy')),
      element('p', { class: 'headline' }, formatPercent((test ?? result.train).accuracy)),
      factList(facts),
      frozenLine(record.model.id, result.weights),
    );
    if (test)
      this.#result.append(
        confusionTable(
          test.confusion,
          record.classNames,
          themeClassColors(this.context.theme, record.classNames.length),
          this.context.theme,
        ),
        button(
          t('Save confusion as CSV'),
          () =>
            void this.context.attempt(
              this.context.remote.saveTable({
                name: `${record.name}-confusion`,
                ...confusionData(test.confusion, record.classNames),
              }),
            ),
        ).element,
      );
  }

  #drawMapping(): void {
    const record = this.#record;
    if (!record) return;
    this.#mapping.hidden = record.mapping.length === 0;
    this.#mapping.replaceChildren(
      element('h2', {}, t('Label mapping')),
      element('p', { class: 'muted' }, t('A class is what the model means when it hears one of these words.')),
      element(
        'dl',
        { class: 'facts' },
        ...record.mapping.flatMap(({ className, words }) => [
          element('dt', {}, className),
          element('dd', {}, words.join(', ')),
        ]),
      ),
    );
  }

  #drawSetup(): void {
    const record = this.#record;
    if (!record) return;
    const facts: [string, string][] = [
      [t('Model'), record.model.id],
      [t('Train file'), record.train],
      [t('Test file'), record.test ?? t('none')],
      [t('Program'), record.program],
      [t('Run folder'), record.folder],
      ...Object.entries(record.options).map(([name, value]): [string, string] => [name, String(value)]),
    ];
    if (record.placement) {
      const { replicas, slot, interval, mask } = record.placement;
      facts.push([
        t('Placement'),
        t('{0} of {1} samples, one every {2}', formatCount(replicas, 'copy', 'copies'), slot, interval) +
          (mask ? t(', masked') : ''),
      ]);
    }
    this.#setup.replaceChildren(
      element('h2', {}, t('Set-up')),
      factList(facts),
      element('ul', { class: 'notes' }, ...record.notes.map((note) => element('li', {}, note))),
    );
  }

  #appendLog(lines: readonly LogLine[]): void {
    const atEnd = this.#log.scrollTop + this.#log.clientHeight >= this.#log.scrollHeight - 4;
    this.#log.append(
      ...lines.map(({ time, level, text }) =>
        element(
          'div',
          { class: `log-line ${level}` },
          element('time', {}, new Date(time).toLocaleTimeString()),
          element('span', {}, level === 'info' ? text : `${level}: ${text}`),
        ),
      ),
    );
    while (this.#log.childElementCount > 2000) this.#log.firstElementChild?.remove();
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #epochTable(): { header: string[]; rows: (string | number | null)[][] } {
    const points = this.#record?.epochs ?? [];
    const measures = [...new Set(points.flatMap((point) => Object.keys(point.measures)))];
    return {
      header: [
        'phase',
        'replicas',
        'fold',
        'epoch',
        'learning_rate',
        'train_loss',
        'train_accuracy',
        'validation_loss',
        'validation_accuracy',
        ...measures,
      ],
      rows: points.map((point) => [
        point.phase,
        point.replicas,
        point.fold,
        point.epoch,
        point.learningRate,
        point.train.loss,
        point.train.accuracy,
        point.validation?.loss ?? null,
        point.validation?.accuracy ?? null,
        ...measures.map((name) => point.measures[name] ?? null),
      ]),
    };
  }
}

const STATUS_TEXT: Record<RunRecord['status'], () => string> = {
  running: () => t('running'),
  stopping: () => t('stopping'),
  finished: () => t('finished'),
  failed: () => t('failed'),
  cancelled: () => t('stopped, can be resumed'),
  interrupted: () => t('interrupted, can be resumed'),
};

function trainingName({ phase, replicas, fold }: Training): string {
  switch (phase) {
    case 'replicas':
      return t('Trial with {0}', formatCount(replicas, 'replica'));
    case 'folds':
      return t('Fold {0}', fold ?? 0);
    case 'training':
      return t('Training');
  }
}

function describeEpoch(point: EpochPoint): string {
  const parts = [t('epoch {0}', point.epoch), t('train {0}', metricsText(point.train))];
  if (point.validation) parts.push(t('validation {0}', metricsText(point.validation)));
  for (const [name, value] of Object.entries(point.measures))
    parts.push(`${measureName(name)} ${formatNumber(value, 4)}`);
  parts.push(t('learning rate {0}', formatNumber(point.learningRate, 3)));
  return parts.join(' · ');
}

/** A further figure of an epoch in words. */
function measureName(name: string): string {
  const names: Record<string, () => string> = {
    swd: () => 'SWD',
    w1: () => 'W1',
    bound: () => t('bound'),
    target_risk: () => t('risk'),
  };
  return names[name]?.() ?? name.replace(/_/g, ' ');
}

function metricsText({ loss, accuracy }: { loss: number; accuracy: number }): string {
  return `${formatPercent(accuracy)}, ${t('loss')} ${formatNumber(loss, 3)}`;
}

function factList(facts: readonly [string, string][]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

/** Whether the weights of the acoustic model stayed what they were. */
function frozenLine(model: string, { sha256Before, sha256After }: RunResult['weights']): HTMLElement {
  const equal = sha256Before === sha256After;
  return element(
    'p',
    {
      class: equal ? 'frozen' : 'frozen problem',
      title: t('SHA-256 before {0}, after {1}', sha256Before, sha256After),
    },
    equal ? t('✓ Frozen: verified') : t('✗ The weights changed'),
    element(
      'span',
      { class: 'muted' },
      ' ',
      equal
        ? t('{0}, weights {1}… before and after', model, shortChecksum(sha256Before))
        : t('{0}, weights {1}… before, {2}… after', model, shortChecksum(sha256Before), shortChecksum(sha256After)),
    ),
  );
}

function localTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString();
}

function epochColumns(points: readonly EpochPoint[], measures: readonly string[]): TableColumn[] {
  const numeric = (
    id: string,
    title: string,
    value: (point: EpochPoint) => number | null,
    format: (value: number | null) => string,
  ): TableColumn => ({
    id,
    title,
    width: 'minmax(64px, 1fr)',
    numeric: true,
    value: (row) => value(points[row]),
    show: (row) => format(value(points[row])),
  });
  const decimal = (value: number | null): string => formatNumber(value, 4);
  return [
    numeric('epoch', t('epoch'), (point) => point.epoch, decimal),
    numeric('train-accuracy', t('train acc.'), (point) => point.train.accuracy, formatPercent),
    numeric('train-loss', t('train loss'), (point) => point.train.loss, decimal),
    numeric('validation-accuracy', t('val. acc.'), (point) => point.validation?.accuracy ?? null, formatPercent),
    numeric('validation-loss', t('val. loss'), (point) => point.validation?.loss ?? null, decimal),
    ...measures.map((name) => numeric(name, measureName(name), (point) => point.measures[name] ?? null, decimal)),
    numeric('rate', t('rate'), (point) => point.learningRate, decimal),
  ];
}
