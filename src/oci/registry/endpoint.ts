import { DrydockError } from '../../base/errors.ts';
import type { ImageReference } from '../../model/image.ts';
import { quoted } from '../quoted.ts';
import { isRegistryHost, isRepository } from '../reference.ts';
import { addressKind } from './addresses.ts';

/** Where a repository can be asked for. */
export interface Endpoint {
  /** As people and credential stores call the registry. */
  readonly registry: string;
  /** Where it really is; differs for Docker Hub. */
  readonly host: string;
  readonly repository: string;
  /** The registry it stands in for. */
  readonly mirrorOf?: string;
  /** What tokens must allow besides pulling. */
  readonly push?: PushRights;
}

export interface PushRights {
  /** A repository of the same registry that blobs are mounted from. */
  readonly mountFrom?: string;
}

export type Mirrors = Readonly<Record<string, readonly string[]>>;

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/**
 * The registry itself.
 * @throws DrydockError REFERENCE_INVALID for a reference that no parser made
 */
export function upstreamOf({ registry, repository }: ImageReference): Endpoint {
  return endpoint(registry.toLowerCase(), repository);
}

/**
 * The mirrors that stand in for a registry, in their order; the registry is to be asked last.
 * @throws DrydockError REFERENCE_INVALID
 */
export function mirrorsOf({ registry, repository }: ImageReference, mirrors: Mirrors): readonly Endpoint[] {
  const name = registry.toLowerCase();
  const listed = Object.hasOwn(mirrors, name) ? (mirrors[name] ?? []) : [];
  return listed.map((mirror) => {
    const [host = '', ...prefix] = mirror.split('/').filter((part) => part !== '');
    return { ...endpoint(host.toLowerCase(), [...prefix, repository].join('/')), mirrorOf: name };
  });
}

/** Hosts that may turn out to speak plain http though nobody said so: those on this very machine. */
export function isLoopback({ host }: Endpoint): boolean {
  return addressKind(new URL(`http://${host}`).hostname) === 'loopback';
}

function endpoint(registry: string, repository: string): Endpoint {
  if (!isRegistryHost(registry)) {
    throw new DrydockError('REFERENCE_INVALID', `${quoted(registry)} is not a registry host`);
  }
  if (!isRepository(repository)) {
    throw new DrydockError('REFERENCE_INVALID', `${quoted(repository)} is not the name of a repository`);
  }
  return { registry, host: registry === DOCKER_HUB ? DOCKER_HUB_HOST : registry, repository };
}
