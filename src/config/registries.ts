import { didYouMean } from './nearest.ts';
import type { Parsed } from './values.ts';
import type { Config, RegistryHost } from './schema.ts';

/** `registry.example.com`, `localhost:5000`, `[::1]:5000`: a host with an optional port, nothing else. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const HOSTS_MAX = 1000;
const PLAIN: RegistryHost = { mirrors: [], plainHttp: false, insecure: false };

export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** The file's `registries`: a mapping from a host to how it is reached. */
export function parseRegistries(value: unknown): Parsed {
  if (!isMapping(value)) return { problem: 'is a mapping by registry host' };
  const entries = Object.entries(value);
  if (entries.length > HOSTS_MAX) return { problem: `has more than ${HOSTS_MAX} hosts` };
  const hosts = new Map<string, RegistryHost>();
  for (const [host, settings] of entries) {
    if (!isHost(host)) return { problem: `has ${JSON.stringify(host)}, which is not a registry host` };
    const parsed = parseHost(host, settings);
    if ('problem' in parsed) return parsed;
    hosts.set(host.toLowerCase(), parsed.host);
  }
  return { value: hosts };
}

type HostKey = keyof RegistryHost;
type Check = { readonly is: (value: unknown) => boolean; readonly says: string };

const isSwitch: Check = { is: (value) => typeof value === 'boolean', says: 'is true or false' };
const isPath: Check = {
  is: (value) => typeof value === 'string' && value !== '',
  says: 'is the path of a file',
};
const CHECKS: Readonly<Record<HostKey, Check>> = {
  mirrors: {
    is: (value) =>
      Array.isArray(value) && value.every((mirror) => typeof mirror === 'string' && isMirror(mirror)),
    says: 'is a list of hosts, each with an optional path',
  },
  plainHttp: isSwitch,
  insecure: isSwitch,
  caCert: isPath,
  clientCert: isPath,
  clientKey: isPath,
};

function parseHost(
  host: string,
  value: unknown,
): { host: RegistryHost } | { problem: string; hint?: string | undefined } {
  if (!isMapping(value)) return { problem: `${host} is a mapping` };
  for (const [key, setting] of Object.entries(value)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as HostKey] : undefined;
    if (!check) {
      return {
        problem: `${host} has the unknown key ${JSON.stringify(key)}`,
        hint: didYouMean(key, Object.keys(CHECKS)),
      };
    }
    if (!check.is(setting)) return { problem: `${host}: ${key} ${check.says}` };
  }
  const parsed: RegistryHost = { ...PLAIN, ...value };
  if ((parsed.clientCert === undefined) !== (parsed.clientKey === undefined)) {
    return { problem: `${host} needs both clientCert and clientKey` };
  }
  return { host: parsed };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMirror(text: string): boolean {
  const [host = '', ...path] = text.split('/');
  return isHost(host) && path.every((part) => /^[a-z0-9._-]{1,128}$/i.test(part));
}

/** `host=mirror`, or undefined when it is something else. */
export function parseMirror(text: string): { host: string; mirror: string } | undefined {
  const at = text.indexOf('=');
  const [host, mirror] = [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
  return at > 0 && isHost(host) && isMirror(mirror) ? { host, mirror } : undefined;
}

/** The file's hosts with what flags and environment add to them. */
export function registryHosts(
  config: Pick<Config, 'registries' | 'mirror' | 'plainHttp' | 'insecure'>,
): ReadonlyMap<string, RegistryHost> {
  const hosts = new Map(config.registries);
  const change = (host: string, by: (known: RegistryHost) => Partial<RegistryHost>): void => {
    const known = hosts.get(host.toLowerCase()) ?? PLAIN;
    hosts.set(host.toLowerCase(), { ...known, ...by(known) });
  };
  for (const text of config.mirror) {
    const parsed = parseMirror(text);
    if (parsed) change(parsed.host, ({ mirrors }) => ({ mirrors: [...mirrors, parsed.mirror] }));
  }
  for (const host of config.plainHttp) change(host, () => ({ plainHttp: true }));
  for (const host of config.insecure) change(host, () => ({ insecure: true }));
  return hosts;
}
