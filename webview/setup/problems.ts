import type { SetupField, SetupView } from '../../src/protocol/panels/setup';

/** What is wrong with each field. */
export function problemsOf({ problems }: SetupView): (field: SetupField) => string[] {
  return (field) => problems.filter((one) => one.field === field).map(({ message }) => message);
}
