import type { ImageConfig } from '../../model/image.ts';

/** Members of `config` in the order of go-containerregistry, which Trivy prints; what it does not know is left out. */
const MEMBERS = {
  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: texts,
  Healthcheck: healthcheck,
  Domainname: text,
  Entrypoint: texts,
  Env: texts,
  Hostname: text,
  Image: text,
  Labels: labels,
  OnBuild: texts,
  OpenStdin: flag,
  StdinOnce: flag,
  Tty: flag,
  User: text,
  Volumes: names,
  WorkingDir: text,
  ExposedPorts: names,
  ArgsEscaped: flag,
  NetworkDisabled: flag,
  MacAddress: text,
  StopSignal: text,
  Shell: texts,
} as const;

/**
 * An image's configuration as reports show it. Only members of known form pass: what the image says beyond them has
 * no bound on its depth.
 */
export function toReportedConfig(image: ImageConfig): object {
  return {
    architecture: image.architecture,
    author: image.author,
    created: image.created,
    docker_version: image.docker_version,
    history:
      image.history.length === 0
        ? undefined
        : image.history.map(({ author, created, created_by, comment, empty_layer }) => {
            return { author, created, created_by, comment, empty_layer };
          }),
    os: image.os,
    rootfs: { type: image.rootfs.type, diff_ids: image.rootfs.diff_ids },
    config: Object.fromEntries(
      Object.entries(MEMBERS).map(([name, read]) => [name, read(image.config[name])]),
    ),
    variant: image.variant,
  };
}

function flag(value: unknown): true | undefined {
  return value === true || undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.filter((item): item is string => typeof item === 'string');
  return list.length > 0 ? list : undefined;
}

function entries(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function labels(value: unknown): object | undefined {
  const list = entries(value).filter(([, label]) => typeof label === 'string');
  return list.length > 0 ? Object.fromEntries(list) : undefined;
}

/** Docker's sets: names with empty objects behind them. */
function names(value: unknown): object | undefined {
  const list = entries(value).map(([name]) => [name, {}] as const);
  return list.length > 0 ? Object.fromEntries(list) : undefined;
}

function healthcheck(value: unknown): object | undefined {
  const check = new Map(entries(value));
  if (check.size === 0) return undefined;
  const count = (name: string): number | undefined => {
    const number = check.get(name);
    return typeof number === 'number' && number !== 0 ? number : undefined;
  };
  return {
    Test: texts(check.get('Test')),
    Interval: count('Interval'),
    Timeout: count('Timeout'),
    StartPeriod: count('StartPeriod'),
    Retries: count('Retries'),
  };
}
