import { foreignText } from '../../src/common/foreign-text';

/** Attributes that are shown or read out. */
const SHOWN_ATTRIBUTES = ['title', 'aria-label', 'aria-valuetext', 'aria-description', 'alt', 'placeholder', 'label'];

/**
 * Labels and names come from files of unknown origin: marks in them that hide, or reorder what stands around them, are shown as escapes
 * wherever they enter the page, before it is painted. The data keep them, so that a class is still found by its name.
 */
export function showMarks(root: Element): void {
  showWithin(root);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes, attributeName } of changes)
      if (type === 'childList') addedNodes.forEach(showWithin);
      else if (type === 'attributes') showAttribute(target as Element, attributeName!);
      else showText(target as CharacterData);
  }).observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: SHOWN_ATTRIBUTES,
  });
}

function showWithin(node: Node): void {
  if (node instanceof CharacterData) return showText(node);
  if (!(node instanceof Element)) return;
  for (const name of SHOWN_ATTRIBUTES) showAttribute(node, name);
  node.childNodes.forEach(showWithin);
}

function showText(node: CharacterData): void {
  const shown = foreignText(node.data, { keepLines: true });
  if (shown !== node.data) node.data = shown;
}

function showAttribute(target: Element, name: string): void {
  const value = target.getAttribute(name);
  if (value === null) return;
  const shown = foreignText(value, { keepLines: true });
  if (shown !== value) target.setAttribute(name, shown);
}
