import { DrydockError } from '../base/errors.ts';
import { surroundings, type Environment, type Surroundings } from './environment.ts';
import { readConfigFile } from './file.ts';
import { nearest } from './nearest.ts';
import { isHost, parseMirror } from './registries.ts';
import {
  envOf,
  flagOf,
  settingNames,
  settings,
  type Config,
  type Setting,
  type SettingName,
} from './schema.ts';
import { parseTexts, type Parsed } from './values.ts';

/** Flags as they were written: a switch as `true` or `false`, anything else as its texts. */
export type Flags = ReadonlyMap<SettingName, readonly string[]>;

export type Origin =
  { readonly kind: 'flag' | 'environment' | 'file'; readonly name: string } | { readonly kind: 'default' };

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<SettingName, Origin>;
  readonly surroundings: Surroundings;
  /** The file that was read, if there was one. */
  readonly file?: string;
  /** Things that are probably slips, for people. */
  readonly warnings: readonly string[];
}

/**
 * The settings in force: a flag before the environment, before the file, before the default.
 * @throws DrydockError USAGE_INVALID, CONFIG_INVALID
 */
export async function loadConfig(flags: Flags, env: Environment): Promise<LoadedConfig> {
  const around = surroundings(env);
  const stated = stateOf('config', flags, env)?.value as string | undefined;
  const file = stated ?? around.configFile;
  const fromFile = await readConfigFile(file, { mustExist: stated !== undefined });
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins = new Map<SettingName, Origin>();
  for (const name of settingNames) {
    const chosen = stateOf(name, flags, env) ?? fileOrDefault(name, fromFile, file, around);
    values[name] = chosen.value;
    origins.set(name, chosen.origin);
  }
  const config = values as Config;
  check(config, origins);
  return {
    config,
    origins,
    surroundings: around,
    ...(fromFile && { file }),
    warnings: unknownVariables(env),
  };
}

interface Chosen {
  readonly value: unknown;
  readonly origin: Origin;
}

function stateOf(name: SettingName, flags: Flags, env: Environment): Chosen | undefined {
  const texts = flags.get(name);
  if (texts) {
    const flag = `--${flagOf(name) ?? name}`;
    return { value: accept(flag, parseTexts(settings[name], texts)), origin: { kind: 'flag', name: flag } };
  }
  const variable = envOf(name);
  const text = variable && env[variable];
  if (!text) return undefined;
  const origin = { kind: 'environment', name: variable } as const;
  return { value: accept(variable, parseTexts(settings[name], [text]), 'CONFIG_INVALID'), origin };
}

function fileOrDefault(
  name: SettingName,
  fromFile: ReadonlyMap<SettingName, unknown> | undefined,
  file: string,
  around: Surroundings,
): Chosen {
  if (fromFile?.has(name)) return { value: fromFile.get(name), origin: { kind: 'file', name: file } };
  return { value: defaultOf(name, around), origin: { kind: 'default' } };
}

function defaultOf(name: SettingName, around: Surroundings): unknown {
  const setting: Setting = settings[name];
  if (name === 'cacheDir') return around.cacheDir;
  if (setting.kind === 'registries') return new Map();
  return 'default' in setting ? setting.default : undefined;
}

function accept(
  where: string,
  parsed: Parsed,
  code: 'USAGE_INVALID' | 'CONFIG_INVALID' = 'USAGE_INVALID',
): unknown {
  if (!('problem' in parsed)) return parsed.value;
  throw new DrydockError(code, `${where}: ${parsed.problem}`, { hint: parsed.hint });
}

/** What no single setting can tell of itself. */
function check(config: Config, origins: ReadonlyMap<SettingName, Origin>): void {
  const refuse = (name: SettingName, problem: string, hint?: string): never => {
    const origin = origins.get(name);
    const where = origin && 'name' in origin ? origin.name : name;
    throw new DrydockError(
      origin?.kind === 'flag' ? 'USAGE_INVALID' : 'CONFIG_INVALID',
      `${where}: ${problem}`,
      { hint },
    );
  };
  const badMirror = config.mirror.find((text) => !parseMirror(text));
  if (badMirror !== undefined) refuse('mirror', `${JSON.stringify(badMirror)} is not host=mirror`);
  for (const name of ['plainHttp', 'insecure'] as const) {
    const bad = config[name].find((host) => !isHost(host));
    if (bad !== undefined) refuse(name, `${JSON.stringify(bad)} is not a host with an optional port`);
  }
  const hasPassword = config.passwordStdin || config.password !== undefined;
  if (config.username !== undefined && !hasPassword) {
    refuse('username', 'needs a password', 'Pass --password-stdin or set DRYDOCK_PASSWORD.');
  }
  if (config.passwordStdin && config.username === undefined) refuse('passwordStdin', 'needs --username');
  if (config.password !== undefined && config.username === undefined) {
    refuse('password', 'needs a user name', 'Set DRYDOCK_USERNAME or pass --username.');
  }
  if (config.registryToken !== undefined && config.username !== undefined) {
    refuse('registryToken', 'cannot be used together with a user name', 'Give one of the two.');
  }
}

/** A misspelt variable would otherwise do nothing, unseen. */
function unknownVariables(env: Environment): string[] {
  const known = settingNames.map(envOf).filter((name) => name !== undefined);
  return Object.keys(env)
    .filter((name) => name.startsWith('DRYDOCK_') && !known.includes(name))
    .sort()
    .map((name) => {
      const meant = nearest(name, known);
      return `${name} is set but is not a setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
}
