import { Html } from './html';

/** The style sheet of a report: light and dark by the system, and for paper. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --text: #1f1f1f; --muted: #5f5f5f; --line: #d0d0d0; --first: #0b6bcb; --second: #b3560b; --back: #fff;
  --right: 11, 107, 203; --wrong: 179, 86, 11; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --muted: #a8a8a8; --line: #454545; --first: #6cb2ff; --second: #f0a35e;
  --back: #1b1b1b; --right: 108, 178, 255; --wrong: 240, 163, 94; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 760px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; overflow-wrap: anywhere; } h2 { margin-top: 1.8em; font-size: 1.15em; }
.muted, figcaption, caption { color: var(--muted); } caption { caption-side: bottom; text-align: left; }
figure { margin: 1em 0; } svg { width: 100%; height: auto; } svg text { fill: var(--muted); font-size: 12px; }
.grid { stroke: var(--line); fill: none; } .line { fill: none; stroke-width: 1.8; }
.line.first { stroke: var(--first); } .line.second { stroke: var(--second); stroke-dasharray: 5 3; }
.key { margin-left: 1em; } .key.first { color: var(--first); } .key.second { color: var(--second); }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: 3px 9px; text-align: left; vertical-align: top; }
.pairs { width: 100%; } .pairs td { font-family: ui-monospace, monospace; font-size: 0.88em; overflow-wrap: anywhere; }
.pairs th { font-weight: normal; white-space: nowrap; } .confusion td { text-align: right; }
.confusion .right { background: rgba(var(--right), calc(var(--share) * 0.6)); } .confusion .wrong { background: rgba(var(--wrong), calc(var(--share) * 0.8)); }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`);
