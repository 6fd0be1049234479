import { basename } from 'node:path';
import * as vscode from 'vscode';
import { partialRunOptionsSchema } from '../../common/option-schema';
import { readOptionsSchema } from '../../common/read-format';
import type { Identity } from '../../protocol/panels/panel';
import { setupPanel, type SetupChange, type SetupProblem, type SetupView } from '../../protocol/panels/setup';
import { errorCode, errorMessage, isCanceled } from '../../protocol/rpc';
import type { ModelListing, ReadOptions, SeriesFile } from '../../protocol/worker';
import { isTestName } from '../flow/flow-items';
import { askOutput, problemOf, proposeOutput } from '../flow/reprogram-flow';
import { browseSeriesFile } from '../flow/series-files';
import { fieldOf, listColumns, OptionDraft, parseColumns, parseMissing, withRole } from '../flow/setup-draft';
import { runsFolder } from '../runs';
import { runOptions, settings } from '../settings';
import { shownText } from '../shown-text';
import { requireTrust } from '../trust';
import { PanelBase, textIn } from './panel-base';
import type { PanelHost } from './panel-host';

type SetupHost = typeof setupPanel.host;

const { t } = vscode.l10n;
/** Values that the pictures are drawn with. */
const WIDTH = 600;

/** Everything that is chosen before a run, with what the data look like so; nothing is written before Start. */
export class SetupPanel extends PanelBase<SetupHost> {
  #train: string;
  /** undefined: the file beside TRAIN, if there is one */
  #test: string | null | undefined;
  #read: ReadOptions;
  #model: string | null;
  #options: OptionDraft;
  /** null: as proposed */
  #out: string | null;
  #proposed = '';
  #models: ModelListing[] = [];
  #instead: string | null = null;
  #ignoredText: { text: string; problem: string } | null = null;
  #dataProblems: SetupProblem[] = [];
  #startProblem: SetupProblem | null = null;
  #shown: Pick<SetupView, 'table' | 'survey' | 'sketch' | 'forecast'> = nothing();
  #sketched = { series: 0, member: 0 };
  #isReading = true;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, setupPanel, {
      change: async (change) => {
        await this.#change(change);
        return {};
      },
      browse: async ({ what }) => {
        await this.#browse(what);
        return {};
      },
      use: async ({ what }) => {
        if (what === 'no-test') this.#test = null;
        else if (this.#instead !== null) this.#begin(this.#instead);
        await this.#load();
        return {};
      },
      start: async () => ({ started: await this.#start() }),
      openRun: ({ folder }) => {
        if (this.#shown.forecast?.past.some((run) => run.folder === folder)) host.panels.open('run', { folder });
        return {};
      },
    });
    this.#train = textIn(identity, 'file') ?? '';
    const given = identity.draft as Record<string, unknown> | undefined;
    const { test, model, out } = given ?? {};
    this.#test = test === null || typeof test === 'string' ? test : undefined;
    this.#read = readOptionsSchema.safeParse(given?.read).data ?? {};
    this.#model = typeof model === 'string' ? model : null;
    const options = partialRunOptionsSchema.safeParse(given?.options).data;
    this.#options = new OptionDraft({ ...runOptions(this.#uri), ...options });
    this.#out = typeof out === 'string' && out !== '' ? out : null;
    this.own(
      host.runs.onDidFinish(({ train }) => {
        if (train === this.#train) void this.#redraw();
      }),
    );
    this.connection.loading(t('Reading the file…'));
    void this.#load();
  }

  get #uri(): vscode.Uri {
    return vscode.Uri.file(this.#train);
  }

  key(): string {
    return this.#train;
  }

  protected identity(): Identity {
    const draft = { test: this.#test, model: this.#model, out: this.#out, read: this.#read };
    // What is undefined is not carried.
    return { file: this.#train, draft: JSON.parse(JSON.stringify({ ...draft, options: this.#options.values })) };
  }

  protected file(): string {
    return this.#train;
  }

  /** Takes over what a command asks for, in a page that is open already. */
  update({ draft }: Identity): void {
    const model = (draft as { model?: unknown } | undefined)?.model;
    if (typeof model !== 'string' || model === this.#model) return;
    this.#model = model;
    void this.#load();
  }

  /** Another TRAIN: nothing that was said of the one before holds. */
  #begin(train: string): void {
    this.#train = train;
    this.#test = undefined;
    this.#read = {};
    this.#out = null;
    this.#sketched = { ...this.#sketched, series: 0 };
    this.#shown = nothing();
  }

  async #load(): Promise<void> {
    this.webviewPanel.title = t('Reprogram {0}', shownText(basename(this.#train), 40));
    await this.compute(async (call) => {
      const remote = await this.host.worker.remote();
      this.#isReading = true;
      this.#startProblem = null;
      this.#dataProblems = [];
      if (this.#models.length === 0) this.#models = (await remote.listModels({})).models;
      const wanted = this.#model ?? settings.model(this.#uri);
      const model = this.#models.find(({ id, folder }) => id === wanted || folder === wanted);
      this.#model = (model ?? this.#models[0])?.folder ?? null;
      if (!model && this.#model !== null && wanted !== 'att-rnn-asc')
        this.#problem('model', t('There is no acoustic model named {0}; another one is chosen.', wanted));
      if (this.#model === null) this.#problem('model', t('No acoustic model was found.'));
      if (this.connection.showsData) this.#show();

      const { table, problem, name, testFile, trainFile } = await remote.previewTable(this.#seriesFile(), {
        signal: call.signal,
      });
      this.#instead = trainFile;
      if (this.#test === undefined) this.#test = testFile;
      this.#proposed = await proposeOutput(this.#uri, name);
      this.#shown = { ...nothing(), table };
      if (problem) {
        this.#isReading = false;
        this.#problem(fieldOf(problem.code), problem.message);
        return this.#show();
      }
      this.#show();
      try {
        const { testProblem, ...survey } = await remote.surveySeries(
          { ...this.#seriesFile(), test: this.#test ?? null },
          { signal: call.signal },
        );
        this.#shown.survey = survey;
        const few = problemOf(survey.classes.length);
        if (few !== null) this.#problem('labels', few);
        // Without classes the test file can only be wrong.
        else if (testProblem !== null) this.#problem('test', testProblem);
      } catch (error) {
        if (isCanceled(error) || errorCode(error) === 'internal') throw error;
        this.#problem(fieldOf(errorCode(error)), errorMessage(error));
      }
      this.#isReading = false;
      this.#show();
      await this.#draw(call.signal);
    });
  }

  /** Draws and estimates anew; while the data are being read, that comes of itself. */
  async #redraw(): Promise<void> {
    this.#show();
    if (!this.#isReading) await this.compute(async ({ signal }) => await this.#draw(signal));
  }

  async #draw(signal: AbortSignal): Promise<void> {
    const { survey } = this.#shown;
    if (!survey || this.#model === null) return;
    const remote = await this.host.worker.remote();
    const asked = { ...this.#seriesFile(), model: this.#model, options: this.#options.values };
    const { series: index, member } = this.#sketched;
    const roots = [runsFolder(this.#uri).fsPath];
    await Promise.all([
      this.#part(async () => {
        this.#shown.sketch = await remote.sketchClip({ ...asked, index, member, width: WIDTH }, { signal });
      }, signal),
      this.#part(async () => {
        if (survey.classes.length < 2) return void (this.#shown.forecast = null);
        this.#shown.forecast = await remote.forecastRun({ ...asked, roots }, { signal });
      }, signal),
    ]);
  }

  /** A part of the page that may fail alone: the rest stays, and the log says why it is missing. */
  async #part(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (signal.aborted || isCanceled(error)) throw error;
      this.host.log.warn(`setup: ${errorMessage(error)}`);
    }
    if (!signal.aborted) this.#show();
  }

  async #change(change: SetupChange): Promise<void> {
    const { table } = this.#shown;
    this.#startProblem = null;
    switch (change.part) {
      case 'option':
        this.#options.type(change.name, change.text, t);
        return await this.#redraw();
      case 'model':
        if (this.#models.some(({ folder }) => folder === change.folder)) this.#model = change.folder;
        return await this.#redraw();
      case 'sketched':
        this.#sketched = { series: change.series, member: change.member };
        return await this.#redraw();
      case 'role':
        if (table) this.#read = withRole(this.#read, table, change.column, change.role);
        break;
      case 'ignored': {
        if (!table) return;
        const parsed = parseColumns(change.text, table, t);
        this.#ignoredText = 'problem' in parsed ? { text: change.text, problem: parsed.problem } : null;
        if ('problem' in parsed) return this.#show();
        const { columns: _, ...rest } = this.#read;
        // Where the labels are stays, whatever else is left out.
        this.#read = { labels: table.labelColumn ?? undefined, ...rest, ignoredColumns: parsed.columns };
        break;
      }
      case 'missing':
        this.#read = { ...this.#read, missing: parseMissing(change.text) };
        break;
      case 'delimiter': {
        // Numbers of columns mean others now.
        const { labels: _, ignoredColumns: __, columns: ___, ...rest } = this.#read;
        this.#read = { ...rest, delimiter: change.value ?? undefined };
        break;
      }
      case 'header':
        this.#read = { ...this.#read, header: change.value ?? undefined };
        break;
      case 'decimal':
        this.#read = { ...this.#read, decimal: change.value ?? undefined };
        break;
      case 'channel':
        this.#read = { ...this.#read, channel: change.value };
    }
    await this.#load();
  }

  async #browse(what: 'train' | 'test' | 'out'): Promise<void> {
    if (what === 'out') {
      const out = await askOutput(this.#out ?? this.#proposed);
      if (out === undefined) return;
      this.#out = out;
      this.#startProblem = null;
      return this.#show();
    }
    const uri = await browseSeriesFile(what === 'train' ? t('Training file') : t('Test file'), this.#uri);
    if (!uri) return;
    if (what === 'train') this.#begin(uri.fsPath);
    else this.#test = uri.fsPath;
    await this.#load();
  }

  /** @returns false while there are problems */
  async #start(): Promise<boolean> {
    requireTrust();
    this.#startProblem = null;
    if (this.#isReading || !this.#shown.survey || this.#model === null || this.#problems().length > 0) {
      this.#show();
      return false;
    }
    try {
      const { folder } = await this.host.runs.start({
        train: this.#train,
        test: this.#test ?? null,
        read: this.#read,
        model: this.#model,
        options: this.#options.values,
        threads: settings.threads(),
        out: this.#out ?? this.#proposed,
        runs: runsFolder(this.#uri).fsPath,
      });
      this.host.log.info(`Run ${folder}`);
      this.host.panels.open('run', { folder });
      return true;
    } catch (error) {
      if (isCanceled(error)) return false;
      const code = errorCode(error);
      if (!/^(series|reprogram|model|output|file)\./.test(code)) throw error;
      this.#startProblem = { field: fieldOf(code), message: errorMessage(error) };
      this.#show();
      return false;
    }
  }

  #seriesFile(): SeriesFile {
    return { file: this.#train, read: this.#read };
  }

  #problem(field: SetupProblem['field'], message: string): void {
    this.#dataProblems.push({ field, message });
  }

  #problems(): SetupProblem[] {
    const own: SetupProblem[] = [];
    if (this.#ignoredText) own.push({ field: 'ignored', message: this.#ignoredText.problem });
    const out = this.#out ?? this.#proposed;
    if (out === this.#train || out === this.#test)
      own.push({ field: 'out', message: t('The program cannot be written over a file that it is made from.') });
    if (this.#test === this.#train)
      own.push({
        field: 'test',
        message: t('The test file is the training file. Choose another one, or none.'),
      });
    const started = this.#startProblem ? [this.#startProblem] : [];
    return [...this.#dataProblems, ...own, ...this.#options.problems(t), ...started];
  }

  #show(): void {
    const name = (path: string): string => vscode.workspace.asRelativePath(path);
    const { delimiter, header, decimal, missing, ignoredColumns } = this.#read;
    this.connection.ready({
      train: name(this.#train),
      trainName: basename(this.#train),
      trainIsTest: isTestName(this.#train),
      trainInstead: this.#instead === null ? null : basename(this.#instead),
      test: typeof this.#test === 'string' ? name(this.#test) : null,
      out: name(this.#out ?? this.#proposed),
      said: {
        delimiter: delimiter ?? null,
        header: header ?? null,
        decimal: decimal ?? null,
        missing: (missing ?? []).join(', '),
        ignored: this.#ignoredText?.text ?? listColumns(ignoredColumns ?? this.#shown.table?.ignored ?? []),
      },
      ...this.#shown,
      sketched: this.#sketched,
      models: this.#models.map(describeModel),
      model: this.#model ?? '',
      options: this.#options.texts(),
      problems: this.#problems(),
      isReading: this.#isReading,
    });
  }
}

function nothing(): Pick<SetupView, 'table' | 'survey' | 'sketch' | 'forecast'> {
  return { table: null, survey: null, sketch: null, forecast: null };
}

function describeModel(model: ModelListing): SetupView['models'][number] {
  const parts = [
    t('{0} source words, {1} parameters, {2}', model.sourceWords, model.parameters, model.sourceData),
    model.accuracy === null ? null : t('source accuracy {0} %', (100 * model.accuracy).toFixed(1)),
    model.implementation === 'tfjs' ? t('{0} on TensorFlow.js, many times slower', model.architecture) : null,
  ];
  return { folder: model.folder, title: model.title, about: parts.filter((part) => part !== null).join(' · ') };
}
