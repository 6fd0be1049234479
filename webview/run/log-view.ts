import type { LogLine } from '../../src/protocol/panels/run';
import { element } from '../shared/dom';
import { t } from '../shared/strings';

/** The most lines that are kept; the oldest go first. */
const MAX_LINES = 2000;

/** The log of the run. It stays at its end unless the person has scrolled up. */
export class LogView {
  readonly #lines = element('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': t('Log') });
  readonly element = element('section', { class: 'card' }, element('h2', {}, t('Log')), this.#lines);

  set(lines: readonly LogLine[]): void {
    this.#lines.replaceChildren();
    this.append(lines);
  }

  append(lines: readonly LogLine[]): void {
    const log = this.#lines;
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.append(
      ...lines.map(({ time, level, text }) =>
        element(
          'div',
          { class: `log-line ${level}` },
          element('time', {}, new Date(time).toLocaleTimeString()),
          element('span', {}, lineText(level, text)),
        ),
      ),
    );
    while (log.childElementCount > MAX_LINES) log.firstElementChild?.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }
}

function lineText(level: LogLine['level'], text: string): string {
  switch (level) {
    case 'info':
      return text;
    case 'warning':
      return t('Warning: {0}', text);
    case 'error':
      return t('Error: {0}', text);
  }
}
