import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything taken from the environment that is not a setting of ours: what other programs agreed on. */
export interface Surroundings {
  readonly configFile: string;
  readonly cacheDir: string;
  readonly proxy: { readonly http?: string; readonly https?: string; readonly no?: string };
  /** Files in which docker and podman keep logins, in the order they are asked. */
  readonly loginFiles: readonly string[];
  /** Where credential helpers are looked for. */
  readonly path?: string;
  /** What programs that build images may see of the environment. */
  readonly forBuilders: Readonly<Record<string, string>>;
}

/** Where logins, daemons, certificates and temporary files are; nothing that is a secret itself. */
const FOR_BUILDERS: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['DOCKER_CONFIG', 'DOCKER_CONTEXT', 'DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'],
  ...['REGISTRY_AUTH_FILE', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'KUBECONFIG', 'CONTAINER_HOST'],
  ...['EXPERIMENTAL_BUILDKIT_SOURCE_POLICY', 'COPA_VEX_AUTHOR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

export function surroundings(env: Environment): Surroundings {
  const home = set(env, 'HOME') ?? homeOfUser();
  const path = set(env, 'PATH');
  return {
    configFile: join(absolute(env, 'XDG_CONFIG_HOME') ?? join(home, '.config'), 'drydock', 'config.yaml'),
    cacheDir: join(absolute(env, 'XDG_CACHE_HOME') ?? join(home, '.cache'), 'drydock'),
    proxy: proxyOf(env),
    loginFiles: loginFiles(env, home),
    forBuilders: Object.fromEntries(
      FOR_BUILDERS.flatMap((name) => {
        const value = set(env, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(path && { path }),
  };
}

/** A user whom the system does not know, as in many containers, has none. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

function proxyOf(env: Environment): Surroundings['proxy'] {
  const http = either(env, 'http_proxy');
  const https = either(env, 'https_proxy');
  const no = either(env, 'no_proxy');
  return { ...(http && { http }), ...(https && { https }), ...(no && { no }) };
}

/** Podman's own places come first: whoever has them has logged in with podman last. */
function loginFiles(env: Environment, home: string): string[] {
  const stated = set(env, 'REGISTRY_AUTH_FILE');
  const runtime = set(env, 'XDG_RUNTIME_DIR');
  const config = absolute(env, 'XDG_CONFIG_HOME') ?? join(home, '.config');
  return [
    ...(stated ? [stated] : []),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : []),
    join(config, 'containers', 'auth.json'),
    join(set(env, 'DOCKER_CONFIG') ?? join(home, '.docker'), 'config.json'),
  ];
}

/** Lower case wins, as in curl. */
function either(env: Environment, name: string): string | undefined {
  return set(env, name) ?? set(env, name.toUpperCase());
}

/** The XDG rules: a relative path is to be ignored. */
function absolute(env: Environment, name: string): string | undefined {
  const path = set(env, name);
  return path?.startsWith('/') ? path : undefined;
}

/** An empty variable counts as unset. */
function set(env: Environment, name: string): string | undefined {
  return env[name] || undefined;
}
