import { classColors, graphicsContrast, withContrast, type ThemeKind } from './model/colors';

/** The colors of the user's theme that drawings need; everything else takes them through CSS. */
export interface Theme {
  kind: ThemeKind;
  background: string;
  foreground: string;
  muted: string;
  grid: string;
  border: string;
  focus: string;
  /** stands out from the background; for the one curve of a plot */
  accent: string;
  /** a second ink, told apart from accent also without color vision by lightness */
  second: string;
  /** positive and negative contributions */
  positive: string;
  negative: string;
  error: string;
  /** whether movement is to be avoided: the system says so, VS Code says so, or the theme has high contrast */
  still: boolean;
}

/** Which kind of theme the page stands in; VS Code keeps it as a class of the body. */
function themeKind(body: HTMLElement = document.body): ThemeKind {
  const { classList } = body;
  if (classList.contains('vscode-high-contrast-light')) return 'high-contrast-light';
  if (classList.contains('vscode-high-contrast')) return 'high-contrast';
  return classList.contains('vscode-light') ? 'light' : 'dark';
}

const FALLBACK: Record<ThemeKind, { background: string; foreground: string }> = {
  light: { background: '#ffffff', foreground: '#3b3b3b' },
  dark: { background: '#1f1f1f', foreground: '#cccccc' },
  'high-contrast': { background: '#000000', foreground: '#ffffff' },
  'high-contrast-light': { background: '#ffffff', foreground: '#292929' },
};

/** Reads the theme as it is now. */
export function readTheme(): Theme {
  const kind = themeKind();
  const style = getComputedStyle(document.body);
  const token = (fallback: string, ...names: string[]): string => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return fallback;
  };
  const background = token(FALLBACK[kind].background, 'editor-background');
  const foreground = token(FALLBACK[kind].foreground, 'editor-foreground', 'foreground');
  const ratio = graphicsContrast(kind);
  const ink = (fallback: string, ...names: string[]) => withContrast(token(fallback, ...names), background, ratio);
  const still =
    kind.startsWith('high-contrast') ||
    document.body.classList.contains('vscode-reduce-motion') ||
    window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  return {
    kind,
    background,
    foreground,
    muted: token(foreground, 'descriptionForeground'),
    grid: token('#88888844', 'editorIndentGuide-background1', 'editorWidget-border', 'contrastBorder'),
    border: token('#88888888', 'contrastBorder', 'panel-border', 'editorWidget-border'),
    focus: token('#0078d4', 'focusBorder'),
    accent: ink('#0078d4', 'charts-blue'),
    second: ink('#d18616', 'charts-orange'),
    positive: ink('#d5561c', 'charts-red'),
    negative: ink('#0072b2', 'charts-blue'),
    error: token('#f14c4c', 'errorForeground'),
    still,
  };
}

/** Colors of `count` classes in the theme. */
export function themeClassColors(theme: Theme, count: number): string[] {
  return classColors(count, theme.background, theme.kind);
}

/** Calls `changed` whenever the user's theme changes. VS Code changes the body's class and the variables of the root. */
export function onThemeChange(changed: (theme: Theme) => void): () => void {
  let frame = 0;
  const observer = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => changed(readTheme()));
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  const motion = window.matchMedia('(prefers-reduced-motion: reduce)');
  const onMotion = () => changed(readTheme());
  motion.addEventListener('change', onMotion);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
    motion.removeEventListener('change', onMotion);
  };
}
