import {
  RUN_OPTION_NAMES,
  RUN_OPTIONS,
  type OptionDeclaration,
  type RunOptionName,
} from '../../src/common/run-options';
import type { SetupChange, SetupView } from '../../src/protocol/panels/setup';
import { element } from '../shared/dom';
import { t } from '../shared/strings';
import { Choice, Field, TextBox } from './field';
import { problemsOf } from './problems';

/** Options that only a trained theta has; every other one is shown for both methods. */
const THETA_ONLY: ReadonlySet<RunOptionName> = new Set([
  ...(['rendering', 'epochs', 'batchSize', 'learningRate', 'weightDecay', 'dropout', 'replicas', 'mask'] as const),
  ...(['mapping', 'wordsPerClass', 'augmentation', 'validation', 'folds', 'patience'] as const),
]);
/** Options of theta that only the rendering by replicas has. */
const REPLICAS_ONLY: ReadonlySet<RunOptionName> = new Set(['replicas', 'mask']);
/** Options that are shown first; the others are folded away. */
const FIRST: ReadonlySet<RunOptionName> = new Set(['method', 'rendering', 'replicas', 'epochs', 'members', 'seed']);

interface OptionControl {
  name: RunOptionName;
  field: Field;
  show(value: string): void;
}

/** The options of a run, drawn from their declarations: those that matter for the chosen method. */
export class OptionSection {
  readonly element: HTMLElement;
  readonly #controls: OptionControl[];
  readonly #more: HTMLDetailsElement;

  constructor(
    private readonly change: (change: SetupChange) => void,
    isOpen: boolean,
    onToggle: (isOpen: boolean) => void,
  ) {
    this.#controls = RUN_OPTION_NAMES.map((name) => this.#control(name));
    const of = (isFirst: boolean): HTMLElement[] =>
      this.#controls.filter(({ name }) => FIRST.has(name) === isFirst).map(({ field }) => field.element);
    this.#more = element(
      'details',
      { open: isOpen },
      element('summary', {}, t('More options')),
      element('div', { class: 'option-fields' }, ...of(false)),
    );
    this.#more.addEventListener('toggle', () => onToggle(this.#more.open));
    this.element = element('div', { class: 'option-fields' }, ...of(true), this.#more);
  }

  update(view: SetupView): void {
    const { options } = view;
    const problems = problemsOf(view);
    for (const { name, field, show } of this.#controls) {
      show(options[name] ?? '');
      field.problems = problems(name);
      field.element.hidden =
        problems(name).length === 0 &&
        ((options.method === 'ensemble' && THETA_ONLY.has(name)) ||
          (options.rendering !== 'replicas' && REPLICAS_ONLY.has(name)));
    }
    const folded = this.#controls.filter(({ name }) => !FIRST.has(name));
    this.#more.hidden = folded.every(({ field }) => field.element.hidden);
    if (folded.some(({ name }) => problems(name).length > 0)) this.#more.open = true;
  }

  #control(name: RunOptionName): OptionControl {
    const declared: OptionDeclaration = RUN_OPTIONS[name];
    const commit = (text: string): void => this.change({ part: 'option', name, text });
    const title = t(declared.title);
    const meaning = t(declared.meaning);
    if (declared.type === 'flag' || declared.type === 'choice') {
      const choice = new Choice(commit);
      const options =
        declared.type === 'flag'
          ? [
              { value: 'false', text: t('no') },
              { value: 'true', text: t('yes') },
            ]
          : Object.entries(declared.choices).map(([value, text]) => ({ value, text: t(text) }));
      return { name, field: new Field(title, choice.element, meaning), show: (value) => choice.set(options, value) };
    }
    const box = new TextBox(commit, { size: 8, maxlength: 100, class: 'short' });
    return { name, field: new Field(title, box.element, meaning), show: (value) => (box.value = value) };
  }
}
