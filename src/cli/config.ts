import { durationText } from '../config/duration.ts';
import type { LoadedConfig, Origin } from '../config/load.ts';
import {
  flagOf,
  settingNames,
  settings,
  type RegistryHost,
  type Setting,
  type SettingName,
} from '../config/schema.ts';
import type { Command } from './command.ts';
import { writeText } from './output.ts';

/** Prints a configuration file that would give these settings, each with its origin beside it. */
export const configCommand: Command = async ({ host, loaded }) => {
  await writeText(host.stdout, configText(loaded));
  return 0;
};

export function configText(loaded: LoadedConfig): string {
  const head = loaded.file
    ? `# settings file: ${loaded.file}`
    : `# no settings file at ${loaded.surroundings.configFile}`;
  const lines = settingNames.filter((name) => name !== 'config').map((name) => lineOf(name, loaded));
  const width = Math.min(60, Math.max(...lines.map(({ text }) => text.length)));
  return [head, ...lines.map(({ text, note }) => `${text.padEnd(width)}  # ${note}`), ''].join('\n');
}

/** What a file cannot hold is a comment, so that the whole can be saved as one. */
function lineOf(name: SettingName, { config, origins }: LoadedConfig): { text: string; note: string } {
  const setting: Setting = settings[name];
  const value = config[name];
  const origin = originText(name, origins.get(name));
  if (setting.secret) return { text: `# ${name}: ${value === undefined ? 'not set' : '***'}`, note: origin };
  if (value === undefined) return { text: `# ${name}: not set`, note: origin };
  const text = `${name}: ${valueText(setting, value)}`;
  return { text: setting.file === false ? `# ${text}` : text, note: origin };
}

/** JSON is YAML: texts are quoted where a plain word could mean something else. */
function valueText(setting: Setting, value: unknown): string {
  if (setting.kind === 'duration') return durationText(value as number);
  if (value instanceof Map) return JSON.stringify(Object.fromEntries(value as Map<string, RegistryHost>));
  if (Array.isArray(value)) return `[${value.map((item) => plainOrQuoted(String(item))).join(', ')}]`;
  return typeof value === 'string' ? plainOrQuoted(value) : String(value);
}

function plainOrQuoted(text: string): string {
  return /^[A-Za-z_][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function originText(name: SettingName, origin: Origin | undefined): string {
  if (origin && 'name' in origin) return origin.kind === 'file' ? 'file' : origin.name;
  const flag = flagOf(name);
  return flag === undefined || name === 'registries' ? 'default' : `default, --${flag}`;
}
