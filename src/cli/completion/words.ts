import { flagOf, settingNames, settings, type Setting } from '../../config/schema.ts';
import { commands, FAMILIES, type CommandSpec } from '../commands.ts';

/** A flag as a shell has to know it. */
export interface FlagWord {
  readonly flag: string;
  readonly short?: string;
  readonly description: string;
  readonly takes: 'nothing' | 'file' | 'text' | 'one' | 'several';
  readonly values: readonly string[];
}

/** The flags of a command, general ones last. */
export function flagWords({ takes }: CommandSpec): FlagWord[] {
  const words = settingNames.flatMap((name) => {
    const setting: Setting = settings[name];
    const flag = flagOf(name);
    if (flag === undefined || !(setting.group === 'general' || takes.includes(setting.group))) return [];
    return [wordOf(setting, flag)];
  });
  return [...words, { flag: 'help', short: 'h', description: 'print help', takes: 'nothing', values: [] }];
}

function wordOf(setting: Setting, flag: string): FlagWord {
  const isOnByDefault = setting.kind === 'switch' && setting.default;
  return {
    flag: isOnByDefault ? `no-${flag}` : flag,
    ...(setting.short !== undefined && { short: setting.short }),
    description: setting.description,
    takes: takesOf(setting),
    values: valuesOf(setting),
  };
}

function takesOf(setting: Setting): FlagWord['takes'] {
  if (setting.kind === 'switch') return 'nothing';
  if (setting.kind === 'path') return 'file';
  if (setting.kind === 'choice') return 'one';
  return setting.kind === 'choices' || valuesOf(setting).length > 0 ? 'several' : 'text';
}

function valuesOf(setting: Setting): readonly string[] {
  if (setting.kind === 'choice' || setting.kind === 'choices') return setting.values;
  return (setting.kind === 'texts' && setting.suggested) || [];
}

/** Every place where words can be expected: the words so far and those that may follow. */
export interface Crossing {
  /** `''`, `db`, … */
  readonly after: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

export function crossings(): Crossing[] {
  const single = commands.filter(({ path }) => path.length === 1);
  const top = [
    ...Object.entries(FAMILIES).map(([word, description]) => ({ word, description })),
    ...single.map(({ path, summary }) => ({ word: path[0] ?? '', description: summary })),
  ];
  const families = Object.keys(FAMILIES).map((family) => ({
    after: family,
    words: commands
      .filter(({ path }) => path[0] === family)
      .map(({ path, summary }) => ({ word: path[1] ?? '', description: summary })),
  }));
  return [{ after: '', words: top }, ...families];
}

/** Which word leads from one place to the next: `db` and `update` lead to `db update`. */
export function transitions(): { from: string; word: string; to: string }[] {
  return [
    ...Object.keys(FAMILIES).map((word) => ({ from: '', word, to: word })),
    ...commands.map(({ path }) => ({
      from: path.slice(0, -1).join(' '),
      word: path.at(-1) ?? '',
      to: path.join(' '),
    })),
  ];
}

/** Each flag once; a flag means the same in every command. */
export function allFlagWords(): FlagWord[] {
  return [...new Map(commands.flatMap(flagWords).map((word) => [word.flag, word])).values()];
}

/** `--severity` and `-s`. */
export function spellings({ flag, short }: FlagWord): string[] {
  return short === undefined ? [`--${flag}`] : [`--${flag}`, `-${short}`];
}
