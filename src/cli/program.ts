import { Argument, Command, CommanderError, Option } from 'commander';
import { DrydockError } from '../base/errors.ts';
import { durationText } from '../config/duration.ts';
import type { Flags } from '../config/load.ts';
import { didYouMean } from '../config/nearest.ts';
import {
  flagOf,
  settingNames,
  settings,
  type Group,
  type Setting,
  type SettingName,
} from '../config/schema.ts';
import { commands, FAMILIES, type CommandSpec } from './commands.ts';

export type CommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly command: CommandSpec;
      readonly args: readonly string[];
      readonly flags: Flags;
    };

const HEADINGS: Readonly<Record<Group, string>> = {
  general: 'General options:',
  force: 'Options:',
  scan: 'Scan options:',
  report: 'Report options:',
  database: 'Advisory database options:',
  registry: 'Registry options:',
  server: 'Server options:',
  token: 'Token options:',
  work: 'Service options:',
  store: 'Store options:',
  queue: 'Queue options:',
  refresh: 'Database refresh options:',
  client: 'Client options:',
  patch: 'Patch options:',
  scanner: 'Scanner options:',
  compare: 'Comparison options:',
};

const AFTER_HELP = `
Examples:
  drydock scan alpine:3.20
  drydock scan --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 registry.example.com/app:1.4
  docker save app | drydock scan -

Exit codes: 0 done, --exit-code when findings are left, 2 wrong usage or input, 3 not found, 4 access denied,
5 registry or network failed, 6 damaged image or database, 7 over a limit or out of time, 8 not supported,
70 a bug in drydock, 130 interrupted.
`;

/**
 * Understands what was typed.
 * @throws DrydockError USAGE_INVALID
 */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  const printed: string[] = [];
  const chosen: { command?: CommandSpec; args?: readonly string[]; flags?: Flags } = {};
  const root = buildProgram(version, printed, (command, args, flags) =>
    Object.assign(chosen, { command, args, flags }),
  );
  if (argv.length === 0) return { kind: 'help', text: root.helpInformation() + AFTER_HELP };
  try {
    root.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'help', text: printed.join('') };
    throw usageError(error, root);
  }
  const { command, args, flags } = chosen;
  if (!command || !args || !flags) throw new Error('the command line led to no command');
  refuseUnknownWord(command, args);
  return { kind: 'run', command, args, flags };
}

function refuseUnknownWord({ argument }: CommandSpec, args: readonly string[]): void {
  const values = argument?.values;
  const word = values && args.find((arg) => !values.includes(arg));
  if (word === undefined) return;
  throw new DrydockError('USAGE_INVALID', `${JSON.stringify(word)} is not one of ${values?.join(', ')}`, {
    hint: didYouMean(word, values ?? []),
  });
}

type OnChosen = (command: CommandSpec, args: readonly string[], flags: Flags) => void;

function buildProgram(version: string, printed: string[], onChosen: OnChosen): Command {
  const root = configured(new Command('drydock'), printed)
    .description('Scans container images for known vulnerabilities.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', AFTER_HELP);
  addFlags(root, ['general']);
  const families = new Map<string, Command>();
  for (const [name, summary] of Object.entries(FAMILIES)) {
    const family = configured(new Command(name), printed).description(summary);
    families.set(name, family);
  }
  for (const spec of commands) {
    const [first = '', second] = spec.path;
    const family = families.get(first);
    if (family && !family.parent) root.addCommand(family);
    (family ?? root).addCommand(buildCommand(spec, second ?? first, printed, onChosen));
  }
  return root;
}

function buildCommand(spec: CommandSpec, name: string, printed: string[], onChosen: OnChosen): Command {
  const command = configured(new Command(name), printed).description(spec.summary);
  if (spec.argument) {
    const { name: label, description, isVariadic } = spec.argument;
    const argument = new Argument(isVariadic ? `<${label}...>` : `<${label}>`, description);
    command.addArgument(argument);
  }
  addFlags(command, spec.takes);
  return command.action(() => onChosen(spec, command.args, flagsOf(command, spec.takes)));
}

function configured(command: Command, printed: string[]): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', 'print help')
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => printed.push(text), writeErr: () => undefined });
}

function addFlags(command: Command, groups: readonly Group[]): void {
  for (const name of settingNames) {
    const setting: Setting = settings[name];
    const flag = flagOf(name);
    if (flag === undefined || !groups.includes(setting.group)) continue;
    for (const option of optionsOf(setting, flag))
      command.addOption(option.helpGroup(HEADINGS[setting.group]));
  }
}

/** A switch has two: the one that changes its default is shown, the other undoes environment and file. */
function optionsOf(setting: Setting, flag: string): Option[] {
  const short = setting.short === undefined ? '' : `-${setting.short}, `;
  if (setting.kind === 'switch') {
    return [
      new Option(`${short}--${flag}`, setting.description).hideHelp(setting.default),
      new Option(`--no-${flag}`, setting.description).hideHelp(!setting.default),
    ];
  }
  const placeholder =
    setting.placeholder ?? (setting.kind === 'choice' ? setting.values.join('|') : setting.kind);
  const collect = (text: string, before: readonly string[] | undefined): string[] => [
    ...(before ?? []),
    text,
  ];
  const option = new Option(`${short}--${flag} <${placeholder}>`, describe(setting)).argParser(collect);
  return [option];
}

function describe(setting: Setting): string {
  if (setting.kind === 'integer') return `${setting.description} (default: ${setting.default})`;
  if (setting.kind === 'duration')
    return `${setting.description} (default: ${durationText(setting.default)})`;
  if (setting.kind === 'choice') return `${setting.description} (default: ${setting.default})`;
  if (setting.kind === 'choices') {
    return `${setting.description}, of ${setting.values.join(', ')}`;
  }
  return setting.description;
}

function flagsOf(command: Command, takes: readonly Group[]): Flags {
  const flags = new Map<SettingName, readonly string[]>();
  const given = command.optsWithGlobals<Record<string, unknown>>();
  for (const name of settingNames) {
    const setting: Setting = settings[name];
    const flag = flagOf(name);
    // One flag may stand for another setting with another command.
    if (flag === undefined || !(setting.group === 'general' || takes.includes(setting.group))) continue;
    const option = camelCase(flag);
    if (command.getOptionValueSourceWithGlobals(option) !== 'cli') continue;
    const value = given[option];
    flags.set(name, Array.isArray(value) ? (value as string[]) : [String(value)]);
  }
  return flags;
}

/** As the library names what a flag gives. */
function camelCase(flag: string): string {
  return flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function usageError(error: CommanderError, root: Command): DrydockError {
  if (error.code === 'commander.unknownCommand') return unknownCommand(root);
  if (error.code === 'commander.help') {
    const names = commands
      .filter(({ path }) => path[0] === root.args[0])
      .map(({ path }) => `"drydock ${path.join(' ')}"`);
    return new DrydockError('USAGE_INVALID', `${root.args[0] ?? ''} needs a command`, {
      hint: `There are ${names.join(', ')}.`,
    });
  }
  // What stands behind an unknown flag may be a password that was meant for another program.
  const text = error.message.replace(/^error: /, '').replace(/'(--?[\w-]+)=[^']*'/g, "'$1=…'");
  const [message = '', suggestion] = text.replace(/\.+$/, '').split('\n');
  return new DrydockError('USAGE_INVALID', message, {
    hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'See "drydock --help".',
  });
}

/** Often an image without a command: say how it is meant. */
function unknownCommand(root: Command): DrydockError {
  const [first = '', second = ''] = root.args;
  const isFamily = Object.hasOwn(FAMILIES, first);
  const word = isFamily ? second : first;
  const known = commands.flatMap(({ path }) =>
    isFamily ? (path[0] === first ? path.slice(1) : []) : path.slice(0, 1),
  );
  const isImage = !isFamily && /[/:.@]|^-$/.test(word);
  const hint = isImage
    ? `Did you mean "drydock scan ${word}"?`
    : (didYouMean(word, known) ?? `There are: ${[...new Set(known)].join(', ')}.`);
  return new DrydockError(
    'USAGE_INVALID',
    `unknown command ${JSON.stringify(isFamily ? `${first} ${word}` : word)}`,
    { hint },
  );
}
