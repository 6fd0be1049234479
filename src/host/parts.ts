/** What the extension loads after its activation, in one bundle (dist/host.js): these modules share classes. */
export { keptStateSchema } from '../protocol/panels/panel';
export { runCommand } from './commands';
export { SeriesHover } from './hover/series-hover';
export { InlineView } from './inline/inline-view';
export { SeriesEditor } from './panels/series-editor';
export { Session } from './session';
export { LibraryView } from './views/library-view';
