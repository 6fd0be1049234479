// The options of a run are declared once: whatever else spells them says the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command } from 'commander';
import { addOptionFlags, flagName } from '../../../src/cli/option-flags';
import { optionDescription, RUN_OPTIONS, type OptionDeclaration } from '../../../src/common/run-options';
import { parseReprogramOptions, reprogramOptionsSchema } from '../../../src/engine/reprogram';
import { runStartSchema } from '../../../src/protocol/runs';

const startSchemaOptions = runStartSchema.shape.options;
const OPTIONS: [string, OptionDeclaration][] = Object.entries(RUN_OPTIONS);

interface Setting {
  type?: string;
  anyOf?: object[];
  enum?: string[];
  default: unknown;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  not?: { const: number };
  description: string;
}

/** What the settings of VS Code must say of an option. */
function settingOf(name: string, option: OptionDeclaration): Setting {
  const common = { default: option.default, description: `%setting.${name}%` };
  switch (option.type) {
    case 'flag':
      return { type: 'boolean', ...common };
    case 'choice':
      return { type: 'string', enum: Object.keys(option.choices), ...common };
    case 'integer-or-auto':
      return {
        anyOf: [
          { type: 'integer', minimum: option.min, maximum: option.max },
          { type: 'string', enum: ['auto'] },
        ],
        ...common,
      };
    default:
      return {
        type: option.type,
        ...(option.aboveMin ? { exclusiveMinimum: option.min } : { minimum: option.min }),
        maximum: option.max,
        ...(option.except && { not: { const: option.except.value } }),
        ...common,
      };
  }
}

test('the settings of VS Code are the declared options', () => {
  const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    contributes: { configuration: { properties: Record<string, Setting & { scope: string; order: number }> }[] };
  };
  const texts = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
  const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
    string,
    Setting & { scope: string; order: number }
  >;
  for (const [name, option] of OPTIONS) {
    const { scope, order, ...setting } = settings[`v2s.${name}`];
    assert.deepEqual(setting, settingOf(name, option), name);
    assert.equal(scope, 'resource', name);
    assert.ok(Number.isInteger(order), name);
    assert.equal(texts[`setting.${name}`], optionDescription(option), name);
  }
});

test('the flags of the command are the declared options, with their ranges', () => {
  const parse = (...args: string[]): Record<string, unknown> => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    addOptionFlags(command, RUN_OPTIONS);
    return command.parse(args, { from: 'user' }).opts();
  };
  assert.deepEqual(parse(), parseReprogramOptions());
  for (const [name, option] of OPTIONS) {
    if (option.type === 'flag') {
      assert.equal(parse(flagName(name))[name], true);
      continue;
    }
    const [good, bad]: [string[], string[]] =
      option.type === 'choice'
        ? [Object.keys(option.choices), ['other']]
        : [
            [String(option.max), String(option.min + 2 <= option.max ? option.min + 2 : option.max)],
            [String(option.max + 1), String(option.min - 1), '', 'many', '1e999'],
          ];
    for (const text of good) assert.equal(String(parse(flagName(name), text)[name]), text, name);
    for (const text of bad) assert.throws(() => parse(flagName(name), text), /argument|choices/i, `${name} "${text}"`);
  }
  assert.throws(() => parse('--folds', '1'), /One fold is not a cross-validation/);
  assert.throws(() => parse('--learning-rate', '0'), /above 0 and up to 10/);
  assert.equal(parse('--replicas', 'auto').replicas, 'auto');
});

test('a message to the background process carries the declared options, checked by the same ranges', () => {
  assert.deepEqual(Object.keys(startSchemaOptions.shape), Object.keys(RUN_OPTIONS));
  assert.deepEqual(startSchemaOptions.parse({}), {});
  for (const wrong of [{ epochs: 0 }, { folds: 1 }, { learningRate: 0 }, { mapping: 'other' }, { replicas: 'many' }]) {
    assert.equal(startSchemaOptions.safeParse(wrong).success, false, JSON.stringify(wrong));
    assert.equal(reprogramOptionsSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
});
