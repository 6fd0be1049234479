// Sections of a document that another script, or a person, writes: from `<!-- section NAME -->` to `<!-- end of section -->`, below
// the title. Whoever writes the rest anew leaves them as they are.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const SECTION = /<!-- section (\S+) -->\n[^]*?<!-- end of section -->\n/g;

/** Writes a document that begins with its title, with the sections that the file has. */
export function writeDocument(file, text) {
  const kept = existsSync(file) ? (readFileSync(file, 'utf8').match(SECTION) ?? []) : [];
  writeFileSync(file, withSections(text, kept));
}

/** Writes one section and leaves the rest of the document as it is. */
export function writeSection(file, name, lines) {
  const text = readFileSync(file, 'utf8');
  const section = `<!-- section ${name} -->\n\n${lines.join('\n')}\n\n<!-- end of section -->\n`;
  const others = (text.match(SECTION) ?? []).filter((one) => !one.startsWith(`<!-- section ${name} -->`));
  writeFileSync(file, withSections(text.replace(SECTION, '').replace(/\n{3,}/g, '\n\n'), [...others, section]));
}

function withSections(text, sections) {
  const [title, ...rest] = text.split('\n');
  return `${[title, ...sections.map((section) => section.trimEnd()), rest.join('\n').trim()].join('\n\n')}\n`;
}
