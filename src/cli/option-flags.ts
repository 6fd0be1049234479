import { InvalidArgumentError, Option, type Command } from 'commander';
import { optionSchema } from '../common/option-schema';
import { rangeSentence, type OptionDeclaration } from '../common/run-options';

/** `learningRate` is `--learning-rate`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Declares a flag for each option, in their order. */
export function addOptionFlags(command: Command, options: Readonly<Record<string, OptionDeclaration>>): void {
  for (const [name, option] of Object.entries(options)) command.addOption(flagOf(name, option));
}

function flagOf(name: string, option: OptionDeclaration): Option {
  const flag = flagName(name);
  switch (option.type) {
    case 'flag':
      return new Option(flag, option.meaning).default(option.default);
    case 'choice':
      return new Option(`${flag} <kind>`, option.meaning).choices(Object.keys(option.choices)).default(option.default);
    default: {
      const schema = optionSchema(option);
      const placeholder = { integer: '<n>', number: '<x>', 'integer-or-auto': '<auto|n>' }[option.type];
      return new Option(`${flag} ${placeholder}`, option.meaning).default(option.default).argParser((text) => {
        const value = text === 'auto' ? text : text.trim() === '' ? NaN : Number(text);
        const parsed = schema.safeParse(value);
        if (parsed.success) return parsed.data;
        const { except } = option as { except?: { value: number; why: string } };
        throw new InvalidArgumentError(except?.value === value ? except.why : rangeSentence(option)!);
      });
    }
  }
}
