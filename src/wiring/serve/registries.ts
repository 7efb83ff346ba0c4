import type { Signal } from '../../base/signal.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { RegistryClient } from '../../oci/registry/registry.ts';
import { registryHosts } from '../../config/registries.ts';
import { openTargetGuard, type TargetGuard } from '../../server/guard/target-guard.ts';
import { isLoopback } from '../../server/listen-safety.ts';
import { lazily } from '../lazily.ts';
import { openRegistryClient } from '../registry-client.ts';
import type { Run } from '../run.ts';
import { parseListen } from './listen.ts';

/** The registries that a server scans from, with its own logins or with a caller's. */
export interface Registries extends AsyncDisposable {
  /** @throws DrydockError TARGET_FORBIDDEN, REGISTRY_UNREACHABLE */
  check(host: string, options: Signal): Promise<void>;
  /** @param credential of a caller, for that registry alone; without one the server's own logins hold */
  using<T>(
    credential: RegistryCredential | undefined,
    registry: string,
    act: (client: RegistryClient) => Promise<T>,
    options?: UsingOptions,
  ): Promise<T>;
}

export interface UsingOptions {
  /** Without TLS, as the caller says: the server's own logins are not sent over a wire that a caller has bared. */
  readonly plainHttp?: boolean | undefined;
}

/** @param role a worker does what others were asked for, from wherever they can be reached */
export function openRegistryGuard({ loaded: { config } }: Run, role: 'server' | 'worker'): TargetGuard {
  const named = config.allowRegistry;
  return openTargetGuard({
    ...(named.length > 0 && {
      allowedRegistries: named,
      privateRegistries: named.filter((host) => host !== '*'),
    }),
    allowPrivate: config.allowPrivateNetworks,
    // Who can only be asked from this machine shows nobody else what is on it.
    allowLoopback: role === 'server' && isLoopback(parseListen(config.listen).host),
  });
}

/** @param role as for the guard */
export function openRegistries(run: Run, role: 'server' | 'worker'): Registries {
  const { config } = run.loaded;
  const guard = openRegistryGuard(run, role);
  const own = lazily(() => openRegistryClient(run, [], { guard }));
  return {
    check: (host, options) => guard.check(host, options),
    async using(credential, registry, act, { plainHttp = false } = {}) {
      const isKnownPlain = registryHosts(config).get(registry)?.plainHttp === true;
      const isBared = plainHttp && !isKnownPlain;
      if (!credential && !isBared) return await act(await own.get());
      const only = { credential, registry, plainHttp };
      await using client = await openRegistryClient(run, [], { guard, only });
      return await act(client);
    },
    [Symbol.asyncDispose]: () => own.close(),
  };
}
