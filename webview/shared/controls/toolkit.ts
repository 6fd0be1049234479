/**
 * The one module that names the webview toolkit: the controls of this folder are made of its elements. What the toolkit lacks (slider,
 * progress bar) are native elements in the same colors.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
  type Button,
  type Checkbox,
  type Dropdown,
  type TextField,
} from '@vscode/webview-ui-toolkit';

/** Makes the elements known to the page; call it before any control is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

interface ToolkitElements {
  'vscode-button': Button;
  'vscode-checkbox': Checkbox;
  'vscode-dropdown': Dropdown;
  'vscode-option': HTMLElement;
  'vscode-progress-ring': HTMLElement;
  'vscode-text-field': TextField;
}

/** An element of the toolkit. */
export function toolkitElement<K extends keyof ToolkitElements>(tag: K): ToolkitElements[K] {
  return document.createElement(tag) as ToolkitElements[K];
}
