/** A control that holds a value. */
export interface ValueControl<T> {
  readonly element: HTMLElement;
  value: T;
  disabled: boolean;
}
