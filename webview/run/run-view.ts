import type { EpochPoint, RunRecord, runPanel } from '../../src/protocol/panels/run';
import { element, perFrame } from '../shared/dom';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { EpochCurves } from './epoch-curves';
import { EpochTable, epochRows } from './epoch-table';
import { LogView } from './log-view';
import { ResultCard } from './result-card';
import { RunActions } from './run-actions';
import { RunHeader } from './run-header';
import { lossFloor } from './run-model';
import { RunProgress } from './run-progress';
import { MappingCard, SetupCard } from './setup-cards';
import { ThetaSection } from './theta-section';
import { TrainingPicker } from './training-picker';

interface Kept {
  /** null follows the training under way */
  training: string | null;
  tableOpen: boolean;
}

/** One run: what it is, how it goes, what it reached. */
export class RunView implements PanelView<RunRecord> {
  readonly element: HTMLElement;
  readonly #header = new RunHeader();
  readonly #actions: RunActions;
  readonly #picker: TrainingPicker;
  readonly #progress = new RunProgress();
  readonly #curves: EpochCurves;
  readonly #table: EpochTable;
  readonly #theta = new ThetaSection();
  readonly #result: ResultCard;
  readonly #mapping = new MappingCard();
  readonly #setup = new SetupCard();
  readonly #log = new LogView();
  #record: RunRecord | null = null;
  readonly #drawEpochsSoon = perFrame(() => this.#drawEpochs());

  constructor(private readonly context: PanelContext<typeof runPanel.host, Kept>) {
    const { restored } = context;
    this.#actions = new RunActions(context);
    this.#picker = new TrainingPicker(restored.training, () => {
      this.#remember();
      this.#drawEpochs();
    });
    this.#curves = new EpochCurves((text) => context.announce(text));
    this.#table = new EpochTable(restored.tableOpen === true, () => this.#remember());
    this.#result = new ResultCard(context);
    const figure = element('div', { class: 'figure' }, this.#curves.element, this.#theta.element);
    const exports = context.exportButtons({
      name: () => [this.#record?.name ?? 'run', 'run'],
      picture: () => figure,
      table: () => epochRows(this.#record?.epochs ?? []),
      json: () => this.#record,
    });
    const spacer = element('span', { class: 'spacer' });
    const cards = [this.#result, this.#mapping, this.#setup, this.#log].map((card) => card.element);
    this.element = element(
      'div',
      { class: 'view' },
      this.#header.element,
      element('div', { class: 'toolbar' }, ...this.#actions.elements, spacer, this.#picker.element, exports),
      this.#progress.element,
      this.#header.failure,
      element(
        'div',
        { class: 'columns' },
        element('div', { class: 'main-column' }, figure, this.#table.element),
        element('div', { class: 'side-column' }, ...cards),
      ),
    );
    this.#listen();
  }

  #listen(): void {
    const { context } = this;
    const whenShown = <T>(apply: (record: RunRecord, change: T) => void) => {
      return (change: T): void => {
        if (this.#record) apply(this.#record, change);
      };
    };
    context.on(
      'epoch',
      whenShown((record, point: EpochPoint) => {
        this.#progress.epoch(point, record.epochs.at(-1));
        record.epochs.push(point);
        this.#drawEpochsSoon();
        this.#progress.draw(record);
      }),
    );
    context.on('step', (step) => {
      this.#progress.step(step);
      if (this.#record) this.#progress.draw(this.#record);
    });
    context.on('log', (lines) => {
      this.#record?.log.push(...lines);
      this.#log.append(lines);
    });
    context.on(
      'theta',
      whenShown((record, theta: NonNullable<RunRecord['theta']>) => {
        record.theta = theta;
        record.thetaInitial ??= theta.epoch === 0 ? theta.values : null;
        this.#theta.set(record);
      }),
    );
    context.on(
      'status',
      whenShown((record, change: Partial<RunRecord>) => {
        Object.assign(record, change);
        this.#drawStatus(record);
        this.#result.set(record);
      }),
    );
    context.onTheme(() => {
      if (!this.#record) return;
      this.#drawEpochs();
      this.#result.set(this.#record);
      this.#theta.set(this.#record);
    });
  }

  update(record: RunRecord): void {
    this.#record = record;
    this.#progress.reset();
    this.#log.set(record.log);
    this.#drawStatus(record);
    this.#drawEpochs();
    for (const part of [this.#theta, this.#result, this.#mapping, this.#setup]) part.set(record);
  }

  #drawStatus(record: RunRecord): void {
    const status = this.#header.set(record);
    this.#actions.set(record);
    this.#progress.draw(record);
    this.context.announce(t('Run {0}: {1}', record.name, status));
  }

  #drawEpochs(): void {
    const training = this.#picker.choose(this.#record?.epochs ?? []);
    const points = training?.points ?? [];
    const result = training?.phase === 'training' ? this.#record?.result : null;
    const kept = result ? result.bestEpoch : (points.findLast(({ selected }) => selected === true)?.epoch ?? null);
    this.#curves.set(points, kept, this.#record && lossFloor(this.#record), this.context.theme);
    this.#table.set(points);
  }

  #remember(): void {
    this.context.keep({ training: this.#picker.chosen, tableOpen: this.#table.open });
  }
}
