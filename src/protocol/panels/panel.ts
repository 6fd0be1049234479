import * as z from 'zod';
import { fittedProgramSchema } from '../program-choice';
import { request, type Contract } from '../rpc';
import { bytes, emptySchema } from '../values';

/**
 * What every panel has in common. The page calls `ready` when it listens; the host answers with the panel's identity and then emits
 * `state`. A page keeps `{ identity, view }` with VS Code's setState: the host restores the panel from `identity` after a reload, the
 * page restores what the person had chosen in it from `view`.
 */
export const PANEL_IDS = ['run', 'tsne', 'saliency', 'series', 'predictions', 'compare', 'setup'] as const;
export type PanelId = (typeof PANEL_IDS)[number];

/**
 * The page that the host makes: an element to draw in, and a JSON script element with the translations of the page's strings (English
 * text to translation, `{}` in English). The bundle is dist/webview/PANEL.js from webview/PANEL/main.ts.
 */
export const PAGE = { rootId: 'v2s-panel', stringsId: 'v2s-strings' } as const;

/** How long a page waits for the host at the start, ms. */
export const READY_LIMIT = 15_000;

/** What a panel is about; JSON, chosen by the host, opaque to the page. */
const identitySchema = z.record(z.string(), z.json());
export type Identity = z.infer<typeof identitySchema>;

/** What a page keeps with setState. */
export const keptStateSchema = z.object({ identity: identitySchema, view: z.unknown() });

/** Something the person can do about an empty or failed panel; the page sends the id back with `act`. */
const actionSchema = z.object({ id: z.string(), label: z.string() });
export type PanelAction = z.infer<typeof actionSchema>;

const emptyState = z.object({
  status: z.literal('empty'),
  title: z.string(),
  /** what will appear here and how to make it appear */
  text: z.string(),
  actions: z.array(actionSchema),
});
const loadingState = z.object({
  status: z.literal('loading'),
  text: z.string(),
  /** work done so far; total 0 when unknown */
  done: z.number(),
  total: z.number(),
});
const errorState = z.object({
  status: z.literal('error'),
  code: z.string(),
  /** what is wrong, where, and what to do */
  message: z.string(),
  actions: z.array(actionSchema),
});

/** The state of a panel as a whole; `data` is what it draws. */
export function panelState<D extends z.ZodType>(data: D) {
  return z.discriminatedUnion('status', [
    emptyState,
    loadingState,
    errorState,
    z.object({ status: z.literal('ready'), data }),
  ]);
}
export type PanelState<D> =
  z.infer<typeof emptyState> | z.infer<typeof loadingState> | z.infer<typeof errorState> | { status: 'ready'; data: D };

const saved = z.object({ saved: z.boolean() });

/** Requests that the host answers for every panel. */
export const commonRequests = {
  ready: request(emptySchema, z.object({ identity: identitySchema })),
  /** the identity as it is now; the page asks after every state, because a panel may have gone on to another file or series */
  identify: request(emptySchema, z.object({ identity: identitySchema })),
  /** runs an action of the present empty or error state */
  act: request(z.object({ id: z.string() }), emptySchema),
  /** asks where to save a picture or data and writes it; `name` is a proposal without folder and extension */
  save: request(
    z.object({
      name: z.string(),
      format: z.enum(['svg', 'png', 'json']),
      content: z.union([z.string(), bytes]),
    }),
    saved,
  ),
  /** as `save`, as CSV; cells that a spreadsheet would run as formulas are made inert */
  saveTable: request(
    z.object({
      name: z.string(),
      header: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    }),
    saved,
  ),
  /** asks for another program for the panel's file */
  chooseProgram: request(emptySchema, emptySchema),
  showLog: request(emptySchema, emptySchema),
  /** an unforeseen error of the page, for the log */
  report: request(z.object({ message: z.string(), stack: z.string().optional() }), emptySchema),
};

/** Events that the host emits to every panel. */
export const commonHostEvents = {
  /** which program explains the panel's file, for the header; null: none */
  program: z.object({ fitted: fittedProgramSchema.nullable() }),
};

/** Events that every page emits. */
export const commonPageEvents = {};

/** Both sides of a panel: what the host answers and emits, and what the page answers and emits. */
export interface PanelContract {
  id: PanelId;
  host: Contract;
  page: Contract;
}
