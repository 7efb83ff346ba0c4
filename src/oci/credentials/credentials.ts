import { askCredentialHelper } from './credential-helper.ts';
import type { CredentialSource, FindOptions, RegistryCredential } from './credential.ts';
import { keysFor, readDockerConfig, serverNameOf, type DockerConfig } from './docker-config.ts';

export type { CredentialSource, RegistryCredential } from './credential.ts';

/** Nobody in particular. */
export const anonymous: CredentialSource = { find: async () => undefined };

/** One credential, for one registry; without one, for every registry that is no mirror. */
export function staticCredentials(credential: RegistryCredential, forRegistry?: string): CredentialSource {
  const wanted = forRegistry && hostOf(forRegistry);
  return {
    async find(registry, _repository, { mirrorOf }) {
      const meant = wanted === undefined ? mirrorOf === undefined : hostOf(registry) === wanted;
      return meant ? credential : undefined;
    },
  };
}

/** What the first source that knows something says. */
export function firstOf(sources: readonly CredentialSource[]): CredentialSource {
  return {
    async find(registry, repository, options) {
      for (const source of sources) {
        const found = await source.find(registry, repository, options);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/**
 * What Docker and Podman have stored: the first file that knows the registry answers. In a file, an entry for a
 * part of the registry comes first, then the registry's helper, the common helper, the registry's own entry.
 * Files are read anew for each question, as people log in and out.
 *
 * @param o.configFiles paths of config.json or auth.json files; those that do not exist are passed over
 * @param o.path folders of credential helpers, as in `PATH`
 * @returns a source whose `find` throws DrydockError CREDENTIALS_INVALID, CREDENTIAL_HELPER_FAILED
 */
export function dockerConfigCredentials(o: {
  readonly configFiles: readonly string[];
  readonly path?: string;
}): CredentialSource {
  return {
    async find(registry, repository, options) {
      for (const file of o.configFiles) {
        const config = await readDockerConfig(file);
        const found = config && (await findIn(config, registry, repository, o.path, options));
        if (found) return found;
      }
      return undefined;
    },
  };
}

async function findIn(
  config: DockerConfig,
  registry: string,
  repository: string,
  path: string | undefined,
  options: FindOptions,
): Promise<RegistryCredential | undefined> {
  const keys = keysFor(registry, repository);
  const host = keys[keys.length - 1] ?? registry;
  for (const key of keys.slice(0, -1)) {
    const part = config.auths.get(key)?.credential;
    if (part) return part;
  }
  const own = config.auths.get(host);
  const helper = config.credHelpers.get(host) ?? config.credsStore;
  const server = config.credHelpers.has(host) ? serverNameOf(registry) : (own?.key ?? serverNameOf(registry));
  const helped = helper === undefined ? undefined : await askCredentialHelper(helper, server, path, options);
  return helped ?? own?.credential;
}

function hostOf(registry: string): string {
  const keys = keysFor(registry, '');
  return keys[keys.length - 1] ?? registry;
}
