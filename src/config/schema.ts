import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

export type { Group, Setting } from './setting.ts';
export { FORMATS, SBOM_FORMATS, SCANNERS } from './choices.ts';
export { settings } from './settings.ts';

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** How one registry host is reached. Certificates and keys are paths of PEM files. */
export interface RegistryHost {
  readonly mirrors: readonly string[];
  readonly plainHttp: boolean;
  readonly insecure: boolean;
  readonly caCert?: string;
  /** Shown to the host; both or none. */
  readonly clientCert?: string;
  readonly clientKey?: string;
}

interface ValueByKind {
  switch: boolean;
  text: string;
  path: string;
  integer: number;
  duration: number;
  texts: readonly string[];
  registries: ReadonlyMap<string, RegistryHost>;
}

type ValueOf<S> = S extends { kind: 'choice'; values: readonly (infer V)[] }
  ? V
  : S extends { kind: 'choices'; values: readonly (infer V)[] }
    ? readonly V[]
    : S extends { kind: infer K extends keyof ValueByKind }
      ? ValueByKind[K]
      : never;

type AlwaysSet<S> = S extends { default: unknown } | { kind: 'registries' } ? true : false;

/** The values in force. `undefined`: not set and without a default. */
export type Config = {
  readonly [N in SettingName]: AlwaysSet<(typeof settings)[N]> extends true
    ? ValueOf<(typeof settings)[N]>
    : ValueOf<(typeof settings)[N]> | undefined;
};

/** The flag's long form without dashes, or undefined when there is none. */
export function flagOf(name: SettingName): string | undefined {
  const { flag }: Setting = settings[name];
  return flag === false ? undefined : (flag ?? kebab(name));
}

/** The environment variable, or undefined when there is none. */
export function envOf(name: SettingName): string | undefined {
  const { env }: Setting = settings[name];
  return env === false ? undefined : `DRYDOCK_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
