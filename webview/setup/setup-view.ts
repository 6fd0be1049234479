import type { SetupChange, setupPanel, SetupView } from '../../src/protocol/panels/setup';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { seriesCount } from '../shared/counts';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { ClassSection, sizesOf } from './class-section';
import { ClipSection } from './clip-section';
import { Choice, Field } from './field';
import { ForecastSection } from './forecast-section';
import { OptionSection } from './option-section';
import { problemsOf } from './problems';
import { TableSection } from './table-section';

type Host = typeof setupPanel.host;
interface Kept {
  /** frame of the model that is shown on the clip; null for one in the middle */
  frame: number | null;
  areOptionsOpen: boolean;
}

/** Everything about a run before it starts: the data on the left, what is made of them on the right. */
export class SetupPage implements PanelView<SetupView> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('p', { class: 'muted', role: 'status' });
  readonly #start = button(t('Start'), () => void this.#begin(), { appearance: 'primary' });
  readonly #train: FileField;
  readonly #test: FileField;
  readonly #out: FileField;
  readonly #warning = element('div', { class: 'warning', role: 'alert' });
  readonly #model: Choice;
  readonly #modelField: Field;
  readonly #table: TableSection;
  readonly #classes: ClassSection;
  readonly #options: OptionSection;
  readonly #clip: ClipSection;
  readonly #forecast: ForecastSection;
  #kept: Kept;
  #data: SetupView | null = null;

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    this.#kept = {
      frame: typeof restored.frame === 'number' ? restored.frame : null,
      areOptionsOpen: restored.areOptionsOpen === true,
    };
    const change = (one: SetupChange): void => void context.attempt(remote.change(one));
    const browse = (what: 'train' | 'test' | 'out') => () => void context.attempt(remote.browse({ what }));
    this.#train = new FileField(t('Training file'), '', [
      { label: t('Change…'), title: t('Choose the Training File'), run: browse('train') },
    ]);
    this.#test = new FileField(t('Test file'), t('It is evaluated only once, at the end of the run.'), [
      { label: t('Change…'), title: t('Choose the Test File'), run: browse('test') },
      {
        label: t('None'),
        title: t('Use No Test File'),
        run: () => void context.attempt(remote.use({ what: 'no-test' })),
      },
    ]);
    this.#out = new FileField(t('Program'), t('The file that the run writes.'), [
      { label: t('Change…'), title: t('Choose the Program File'), run: browse('out') },
    ]);
    this.#model = new Choice((folder) => change({ part: 'model', folder }));
    this.#modelField = new Field(t('Acoustic model'), this.#model.element);
    this.#table = new TableSection(change);
    this.#classes = new ClassSection(context.theme);
    this.#options = new OptionSection(change, this.#kept.areOptionsOpen, (areOptionsOpen) =>
      this.#keep({ areOptionsOpen }),
    );
    this.#clip = new ClipSection(change, this.#kept.frame, (frame) => this.#keep({ frame }));
    this.#forecast = new ForecastSection((folder) => void context.attempt(remote.openRun({ folder })));
    context.onTheme((theme) => (this.#classes.colors = theme));
    this.element = element(
      'div',
      { class: 'view' },
      element(
        'header',
        { class: 'setup-head' },
        element('div', { class: 'setup-title' }, this.#title, this.#facts),
        this.#start.element,
      ),
      element(
        'div',
        { class: 'setup-columns' },
        element(
          'div',
          { class: 'setup-column' },
          this.#train.element,
          this.#warning,
          this.#table.element,
          this.#classes.element,
        ),
        element(
          'div',
          { class: 'setup-column' },
          element(
            'section',
            { class: 'setup-section', 'aria-labelledby': 'setup-program' },
            element('h2', { id: 'setup-program' }, t('How the program is made')),
            this.#modelField.element,
            this.#options.element,
          ),
          this.#clip.element,
          this.#forecast.element,
          element(
            'section',
            { class: 'setup-section', 'aria-labelledby': 'setup-files' },
            element('h2', { id: 'setup-files' }, t('Test and result')),
            this.#test.element,
            this.#out.element,
          ),
        ),
      ),
    );
  }

  update(view: SetupView): void {
    const before = this.#data;
    this.#data = view;
    const problems = problemsOf(view);
    this.#title.textContent = t('Reprogram {0}', view.trainName);
    this.#facts.textContent = this.#headline(view);
    this.#start.disabled = view.isReading;
    this.#train.update(view.train, problems('train'));
    this.#warn(view);
    this.#model.set(
      view.models.map(({ folder, title }) => ({ value: folder, text: title })),
      view.model,
    );
    this.#modelField.meaning = view.models.find(({ folder }) => folder === view.model)?.about ?? '';
    this.#modelField.problems = problems('model');
    this.#test.update(view.test ?? t('none'), problems('test'));
    const { testCount } = view.survey ?? {};
    this.#test.note = typeof testCount === 'number' ? seriesCount(testCount) : '';
    this.#out.update(view.out, problems('out'));
    this.#table.update(view);
    this.#classes.update(view);
    this.#options.update(view);
    this.#clip.update(view);
    this.#forecast.update(view);
    const fresh = view.problems.filter(({ message }) => !before?.problems.some((one) => one.message === message));
    if (before && fresh.length > 0) this.context.announce(fresh.map(({ message }) => message).join(' '));
  }

  #headline({ survey, isReading, problems }: SetupView): string {
    if (isReading) return t('Reading the file…');
    const data = survey ? sizesOf(survey) : null;
    const open =
      problems.length === 0
        ? null
        : problems.length === 1
          ? t('1 field needs attention before the run can start.')
          : t('{0} fields need attention before the run can start.', problems.length);
    return [data, open].filter((part) => part !== null).join(' · ');
  }

  #warn({ trainIsTest, trainInstead }: SetupView): void {
    this.#warning.hidden = !trainIsTest;
    if (!trainIsTest) return this.#warning.replaceChildren();
    const text = t('This file is named as a test file. A program that is trained on it cannot be tested with it.');
    if (this.#warning.firstChild?.textContent === text) return;
    this.#warning.replaceChildren(
      element('p', {}, text),
      trainInstead === null
        ? ''
        : button(
            t('Train on {0}', trainInstead),
            () => void this.context.attempt(this.context.remote.use({ what: 'train-instead' })),
          ).element,
    );
  }

  async #begin(): Promise<void> {
    this.#start.disabled = true;
    const answer = await this.context.attempt(this.context.remote.start({}));
    this.#start.disabled = this.#data?.isReading ?? false;
    if (answer?.started === false) this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #keep(part: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...part };
    this.context.keep(this.#kept);
  }
}

interface FileAction {
  label: string;
  title: string;
  run: () => void;
}

/** A file with what can be done about it. */
class FileField {
  readonly element: HTMLElement;
  readonly #path = element('output', { class: 'path', tabindex: -1 });
  readonly #note = element('span', { class: 'muted', hidden: true });
  readonly #field: Field;

  constructor(title: string, meaning: string, actions: readonly FileAction[]) {
    this.#field = new Field(title, this.#path, meaning);
    this.element = element(
      'div',
      { class: 'file-field' },
      this.#field.element,
      element(
        'div',
        { class: 'file-actions' },
        this.#note,
        ...actions.map(({ label, title: name, run }) => button(label, run, { title: name }).element),
      ),
    );
  }

  set note(text: string) {
    this.#note.textContent = text;
    this.#note.hidden = text === '';
  }

  update(path: string, problems: readonly string[]): void {
    this.#path.textContent = path;
    this.#field.problems = problems;
  }
}
