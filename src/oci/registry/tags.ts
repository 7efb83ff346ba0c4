import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { ImageReference } from '../../model/image.ts';
import { listOf, parseJsonObject } from '../json.ts';
import { quoted } from '../quoted.ts';
import { formatReference, isTag } from '../reference.ts';
import { upstreamOf, type Endpoint } from './endpoint.ts';
import { nextLink } from './link.ts';
import type { RegistryParts } from './manifests.ts';
import { headersOf, readBody } from './transport.ts';
import { toUrl } from './urls.ts';

/** Some registries refuse to be asked for more. */
const PAGE = 1000;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_TAGS = 1_000_000;

interface Page {
  readonly tags: readonly string[];
  /** Where the registry says it goes on. */
  readonly next: string | undefined;
}

/**
 * All tags of a repository, each once, from the registry itself: mirrors hold only what somebody has pulled.
 * @see OCI Distribution Spec 1.1, "Listing Tags"
 */
export async function* listTags(
  parts: RegistryParts,
  { registry, repository }: ImageReference,
  options: Signal,
): AsyncGenerator<string, void, undefined> {
  const endpoint = upstreamOf({ registry, repository });
  const of = `list of tags of ${formatReference({ registry, repository })}`;
  const subject = { of, missing: 'IMAGE_NOT_FOUND' } as const;
  const seen = new Set<string>();
  const asked = new Set<string>();
  for (let path: string | undefined = `tags/list?n=${PAGE}`; path !== undefined && !asked.has(path);) {
    asked.add(path);
    const current: string = path;
    const page = await parts.attempts.run(
      endpoint,
      subject,
      () => fetchPage(parts, endpoint, current, of, options),
      options,
    );
    const fresh = page.tags.filter((tag) => !seen.has(tag));
    for (const tag of fresh) seen.add(tag);
    if (seen.size > MAX_TAGS)
      throw new DrydockError('REGISTRY_PROTOCOL', `the ${of} has more than ${MAX_TAGS} entries`);
    yield* fresh;
    path = page.next ?? afterLast(page.tags, fresh);
  }
}

/** Without a link, a full page may be all there is, or not. */
function afterLast(tags: readonly string[], fresh: readonly string[]): string | undefined {
  const last = tags.at(-1);
  if (tags.length < PAGE || fresh.length === 0 || last === undefined) return undefined;
  return `tags/list?n=${PAGE}&last=${encodeURIComponent(last)}`;
}

async function fetchPage(
  { exchange }: RegistryParts,
  endpoint: Endpoint,
  path: string,
  of: string,
  options: Signal,
): Promise<Page> {
  const answer = await exchange(
    endpoint,
    { method: 'GET', path, headers: { accept: 'application/json' } },
    options,
  );
  const bytes = await readBody(answer, MAX_PAGE_BYTES);
  if (!bytes)
    throw new DrydockError('REGISTRY_PROTOCOL', `the ${of} has a page larger than ${MAX_PAGE_BYTES} bytes`);
  const document = { code: 'REGISTRY_PROTOCOL', of: `the ${of}` } as const;
  const tags = listOf(parseJsonObject(bytes, document)['tags'], 'tags', document);
  const link = nextLink(headersOf(answer.headers, 'link'));
  return {
    tags: tags.filter((tag): tag is string => typeof tag === 'string' && isTag(tag)),
    next: link === undefined ? undefined : pathOf(link, answer.url, of),
  };
}

/**
 * What of a link is to be asked for next. Scheme and path stay ours: behind a proxy, registries seldom know what
 * they are called.
 */
function pathOf(link: string, base: URL, of: string): string {
  const url = toUrl(link, base);
  if (url?.hostname !== base.hostname) {
    throw new DrydockError(
      'REGISTRY_PROTOCOL',
      `the ${of} goes on at another host, ${quoted(url?.host ?? link)}: refused`,
    );
  }
  return `tags/list${url.search}`;
}
