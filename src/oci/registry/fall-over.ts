import { notices } from '../../base/channels.ts';
import { messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { ImageReference } from '../../model/image.ts';
import { mirrorsOf, upstreamOf, type Endpoint, type Mirrors } from './endpoint.ts';
import { keepRecent } from './recent.ts';

/** Where to ask, one after the other, until somebody answers. */
export interface FallOver {
  /** Mirrors first, the registry itself last. One that has just failed is left out for a while. */
  candidates(reference: ImageReference): readonly Endpoint[];
  /** Notes that one was of no use, and tells so; throws the error when nobody is left or it is all called off. */
  afterFailure(error: unknown, endpoint: Endpoint, options: Signal): void;
  /** What the first candidate gives that does not fail. */
  first<T>(reference: ImageReference, ask: (endpoint: Endpoint) => Promise<T>, options: Signal): Promise<T>;
}

const REST_MS = 60_000;

export function openFallOver(mirrors: Mirrors, now: () => number = Date.now): FallOver {
  const failedUntil = new Map<string, number>();
  const isResting = ({ host, repository }: Endpoint): boolean =>
    (failedUntil.get(host) ?? 0) > now() || (failedUntil.get(`${host} ${repository}`) ?? 0) > now();

  const fallOver: FallOver = {
    candidates: (reference) => [
      ...mirrorsOf(reference, mirrors).filter((mirror) => !isResting(mirror)),
      upstreamOf(reference),
    ],
    afterFailure(error, { registry, host, repository, mirrorOf }, { signal }) {
      signal.throwIfAborted();
      if (mirrorOf === undefined) throw error;
      keepRecent(failedUntil, isOfHost(error) ? host : `${host} ${repository}`, now() + REST_MS);
      const message = `mirror ${registry} of ${mirrorOf} is passed over: ${messageOf(error)}`;
      notices.publish({ code: 'REGISTRY_MIRROR_FAILED', message });
    },
    async first(reference, ask, options) {
      for (const endpoint of fallOver.candidates(reference)) {
        try {
          return await ask(endpoint);
        } catch (error) {
          fallOver.afterFailure(error, endpoint, options);
        }
      }
      throw new Error('unreachable: the last candidate gives or throws');
    },
  };
  return fallOver;
}

const OF_HOST: ReadonlySet<unknown> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_TLS', 'REGISTRY_BUSY']);

/** A host that is down is down for all its repositories; a missing image says nothing of others. */
function isOfHost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && OF_HOST.has(error.code);
}
