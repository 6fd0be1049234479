import type { PanelId } from '../../protocol/panels/panel';

/** The view type under which VS Code knows a panel, as in `activationEvents`. */
export function panelType(id: PanelId): string {
  return `v2s.${id}`;
}
