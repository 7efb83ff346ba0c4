import type { ImageReference } from '../model/image.ts';

/** A reference in full, as tools that read reports expect it: registry, repository, tag, digest. */
export function formatReferenceName({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}
