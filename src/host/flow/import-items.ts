import { basename } from 'node:path';
import type { FrontEndChoice, ImportCheck, ImportProblem, ModelFile, ModelImport } from '../../protocol/model-import';
import type { Translate } from './flow-items';

/** A model of layers that is about to be imported, as it was chosen, and what the background process says of that. */
export interface ImportState {
  model: Extract<ModelFile, { kind: 'layers' }>;
  request: ModelImport & { layers: NonNullable<ModelImport['layers']> };
  check: ImportCheck;
}

export type ImportItemId =
  'import' | ImportProblem['part'] | keyof Pick<ModelImport, 'title' | 'source' | 'sourceLicense' | 'license'>;

export interface ImportItem {
  id: ImportItemId;
  label: string;
  /** name of one of VS Code's icons */
  icon?: string;
  description: string;
  detail?: string;
}

/** Words that an item shows. */
const SHOWN_WORDS = 12;

/**
 * The items of the overview before an import, the import first. A part that must change says why.
 * @param nameOf how a path is shown
 */
export function importItems(
  { model, request, check }: ImportState,
  t: Translate,
  nameOf: (path: string) => string,
): ImportItem[] {
  const { layers } = request;
  const { features, labels, problems } = check;
  // A list cuts long lines at their end: the place comes first.
  const short = (message: string): string =>
    [request.file, request.labels, fileOf(layers.frontEnd)]
      .filter((path) => path !== null)
      .reduce((text, path) => text.replaceAll(path, basename(path)), message);
  const part = (id: ImportProblem['part'], label: string, description: string, detail?: string): ImportItem => {
    const problem = problems.find((one) => one.part === id);
    return problem
      ? { id, label, icon: 'error', description, detail: short(problem.message) }
      : { id, label, description, detail };
  };
  const text = (id: 'title' | 'source' | 'sourceLicense' | 'license', label: string): ImportItem => ({
    id,
    label,
    description: request[id] ?? (id === 'title' ? t('default') : t('unknown')),
  });
  const about = t(
    '{0}: {1} layers, input {2}, {3} source words',
    model.network,
    model.layers.length,
    model.input,
    model.words,
  );
  return [
    problems.length === 0
      ? { id: 'import', label: t('Import'), icon: 'play', description: about }
      : {
          id: 'import',
          label: t('Cannot import yet'),
          icon: 'error',
          description: short(problems[0].message),
          detail: about,
        },
    part(
      'frontEnd',
      t('Front end'),
      layers.frontEnd === null ? t('not chosen') : frontEndName(layers.frontEnd, nameOf),
      features ? t('{0}: {1} frames of {2} mel bins', features.kind, features.frames, features.bins) : undefined,
    ),
    part(
      'labels',
      t('Source words'),
      request.labels === null ? t('Numbered from label 0 to label {0}', model.words - 1) : nameOf(request.labels),
      labels ? labels.slice(0, SHOWN_WORDS).join(', ') + (labels.length > SHOWN_WORDS ? ', …' : '') : undefined,
    ),
    part('taps', t('Layers to show'), layers.taps.length === 0 ? t('none') : layers.taps.join(', ')),
    part(
      'attention',
      t('Attention layer'),
      layers.attention ?? t('none'),
      t('Optional: a layer with one weight per frame'),
    ),
    part('id', t('Id'), request.id ?? basename(request.file)),
    text('title', t('Title')),
    text('source', t('Speech data it was trained on')),
    text('sourceLicense', t('License of that data')),
    text('license', t('License of the weights')),
  ];
}

function fileOf(choice: FrontEndChoice | null): string | null {
  return choice !== null && typeof choice !== 'string' ? choice.file : null;
}

function frontEndName(choice: FrontEndChoice, nameOf: (path: string) => string): string {
  return typeof choice === 'string' ? choice : nameOf(choice.file);
}
