import type { AdvisoryStatus, Severity } from '../model/advisory.ts';

const SEVERITIES = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const satisfies readonly Severity[];

const STATUSES = [
  'unknown',
  'not_affected',
  'affected',
  'fixed',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
] as const satisfies readonly AdvisoryStatus[];

/** Ids of `reports/list.ts`; a test keeps them equal. They stand here so that help and completion load no format. */
export const FORMATS = ['table', 'json'] as const;

/** Which commands take a setting as a flag. */
export type Group = 'general' | 'force' | 'scan' | 'report' | 'database' | 'registry';

interface Common {
  readonly group: Group;
  readonly description: string;
  /** Without dashes; derived from the name where absent. `false`: not on the command line. */
  readonly flag?: string | false;
  readonly short?: string;
  /** `false`: not in the environment. */
  readonly env?: false;
  /** `false`: not in the file. */
  readonly file?: false;
  /** Never printed. */
  readonly secret?: true;
  readonly placeholder?: string;
}

/**
 * `duration` is in seconds once parsed; `texts` and `choices` are lists, with commas or by repeating the flag;
 * `registries` is a mapping by host that only the file can hold.
 */
export type Setting = Common &
  (
    | { readonly kind: 'switch'; readonly default: boolean }
    | { readonly kind: 'text' | 'path'; readonly default?: string }
    | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'duration'; readonly default: number }
    | { readonly kind: 'choice'; readonly default: string; readonly values: readonly string[] }
    | { readonly kind: 'choices'; readonly default: readonly string[]; readonly values: readonly string[] }
    | { readonly kind: 'texts'; readonly default: readonly string[]; readonly suggested?: readonly string[] }
    | { readonly kind: 'registries' }
  );

/**
 * Every setting there is. Flags, environment variables, the file's keys, `drydock config`, help and completion are
 * all derived from this table: `ignoreUnfixed` is `--ignore-unfixed`, `DRYDOCK_IGNORE_UNFIXED` and `ignoreUnfixed:`.
 */
export const settings = {
  config: {
    kind: 'path',
    group: 'general',
    file: false,
    placeholder: 'file',
    description:
      'read settings from this YAML file (default: config.yaml in the user configuration directory)',
  },
  cacheDir: {
    kind: 'path',
    default: '', // never seen: the real one depends on the environment
    group: 'general',
    placeholder: 'dir',
    description: 'where databases and results are kept (default: drydock in the user cache directory)',
  },
  cache: {
    kind: 'switch',
    default: true, // so the flag that is shown is --no-cache
    group: 'general',
    description: 'neither read nor write remembered layers and results',
  },
  offline: { kind: 'switch', default: false, group: 'general', description: 'use no network at all' },
  timeout: {
    kind: 'duration',
    default: 300,
    group: 'general',
    placeholder: 'time',
    description: 'give up after this time, like 90s, 5m or 1h30m',
  },
  quiet: {
    kind: 'switch',
    default: false,
    short: 'q',
    group: 'general',
    description: 'no progress, no notices',
  },
  debug: {
    kind: 'switch',
    default: false,
    short: 'd',
    group: 'general',
    description: 'tell each step and its time, and the stack of an error',
  },
  color: {
    kind: 'choice',
    default: 'auto',
    values: ['auto', 'always', 'never'],
    group: 'general',
    description: 'colour the output; auto means on a terminal, unless NO_COLOR is set',
  },

  force: {
    kind: 'switch',
    default: false,
    env: false,
    file: false,
    group: 'force',
    description: 'do it again, even if the result is known or no update is due',
  },

  platform: {
    kind: 'text',
    group: 'scan',
    placeholder: 'os/arch',
    description: "which image of an index to scan, like linux/arm64 (default: this machine's)",
  },
  parallel: {
    kind: 'integer',
    default: 4,
    min: 1,
    max: 64,
    group: 'scan',
    placeholder: 'layers',
    description: 'how many layers are downloaded at the same time',
  },
  vulnSeveritySource: {
    kind: 'texts',
    default: ['auto'],
    suggested: [
      'auto',
      'nvd',
      'ghsa',
      'redhat',
      'debian',
      'ubuntu',
      'alma',
      'rocky',
      'amazon',
      'oracle-oval',
    ],
    group: 'scan',
    placeholder: 'sources',
    description: 'whose severity counts, the first that has one; auto means the vendor of the package',
  },

  format: {
    kind: 'choice',
    default: 'table',
    values: FORMATS,
    short: 'f',
    group: 'report',
    description: 'how the report is told',
  },
  output: {
    kind: 'path',
    short: 'o',
    group: 'report',
    placeholder: 'file',
    description: 'write the report to this file (default: standard output)',
  },
  severity: {
    kind: 'choices',
    default: SEVERITIES,
    values: SEVERITIES,
    short: 's',
    group: 'report',
    placeholder: 'list',
    description: 'severities to report',
  },
  ignoreUnfixed: {
    kind: 'switch',
    default: false,
    group: 'report',
    description: 'report only what a new version fixes',
  },
  ignoreStatus: {
    kind: 'choices',
    default: [],
    values: STATUSES,
    group: 'report',
    placeholder: 'list',
    description: 'statuses to leave out',
  },
  ignorefile: {
    kind: 'path',
    group: 'report',
    placeholder: 'file',
    description:
      'findings to leave out, as text or YAML (default: .trivyignore, .trivyignore.yaml or .yml here)',
  },
  pkgTypes: {
    kind: 'choices',
    default: ['os', 'library'],
    values: ['os', 'library'],
    group: 'report',
    placeholder: 'list',
    description: 'kinds of packages to report',
  },
  listAllPkgs: {
    kind: 'switch',
    default: false,
    group: 'report',
    description: 'list packages without findings too',
  },
  exitCode: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 255,
    group: 'report',
    placeholder: 'code',
    description: 'exit with this code when findings are left',
  },
  exitOnEol: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 255,
    group: 'report',
    placeholder: 'code',
    description: 'exit with this code when the operating system gets no more security updates',
  },

  skipDbUpdate: {
    kind: 'switch',
    default: false,
    group: 'database',
    description: 'use the advisory database that is there, however old',
  },
  dbRepository: {
    kind: 'texts',
    default: ['mirror.gcr.io/aquasec/trivy-db:2', 'ghcr.io/aquasecurity/trivy-db:2'],
    group: 'database',
    placeholder: 'ref',
    description: 'where the advisory database comes from; the next is tried when one fails',
  },
  dbPath: {
    kind: 'path',
    group: 'database',
    placeholder: 'dir',
    description: 'use the advisory database in this directory as it is',
  },

  username: {
    kind: 'text',
    group: 'registry',
    placeholder: 'name',
    description: 'user name for the registry (default: what docker login or podman login has stored)',
  },
  password: {
    kind: 'text',
    flag: false,
    file: false,
    secret: true,
    group: 'registry',
    description: 'password for the registry; on the command line use --password-stdin',
  },
  passwordStdin: {
    kind: 'switch',
    default: false,
    env: false,
    file: false,
    group: 'registry',
    description: 'read the password from standard input',
  },
  registryToken: {
    kind: 'text',
    file: false,
    secret: true,
    group: 'registry',
    placeholder: 'token',
    description: 'bearer token for the registry',
  },
  mirror: {
    kind: 'texts',
    default: [],
    file: false,
    group: 'registry',
    placeholder: 'host=mirror',
    description: 'try a mirror before this host',
  },
  plainHttp: {
    kind: 'texts',
    default: [],
    file: false,
    group: 'registry',
    placeholder: 'host',
    description: 'speak HTTP without TLS to this host',
  },
  insecure: {
    kind: 'texts',
    default: [],
    file: false,
    group: 'registry',
    placeholder: 'host',
    description: "do not check this host's certificate",
  },
  caCert: {
    kind: 'path',
    group: 'registry',
    placeholder: 'file',
    description: 'trust these certificates too (PEM)',
  },
  registries: {
    kind: 'registries',
    flag: false,
    env: false,
    group: 'registry',
    description: 'by host: mirrors, plainHttp, insecure, caCert, clientCert, clientKey',
  },
} as const satisfies Record<string, Setting>;

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
