import { toDigest } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Digest, ImageReference } from '../model/image.ts';
import { quoted } from './quoted.ts';

const DOCKER_HUB = 'docker.io';
const MAX_NAME_LENGTH = 255;
const MAX_TAG_LENGTH = 128;
/** Name, tag and the longest digest. */
const MAX_LENGTH = MAX_NAME_LENGTH + 1 + MAX_TAG_LENGTH + 1 + 136;

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*\\.?|\\[[0-9a-f:.]{2,45}\\])(?::([0-9]{1,5}))?$`);
const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/**
 * Reads a reference as Docker does: `docker.io` and `library/` where they are left out, tag `latest` where there
 * is neither tag nor digest. With both, both are kept.
 *
 * @throws DrydockError REFERENCE_INVALID
 * @see https://github.com/distribution/reference, "Grammar"
 */
export function parseReference(text: string): ImageReference {
  if (text.length > MAX_LENGTH) refuse(text, `is longer than ${MAX_LENGTH} characters`);
  const { name, tag, digest } = split(text);
  const { registry, path } = splitName(name);
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  checkName(text, registry, repository);
  if (IMAGE_ID.test(name)) refuse(text, 'is an image ID, which registries do not know');
  if (tag !== undefined && !TAG.test(tag)) refuse(text, 'has an invalid tag');
  const pinned = digest === undefined ? undefined : digestOf(text, digest);
  const shown = tag ?? (pinned === undefined ? 'latest' : undefined);
  return {
    registry,
    repository,
    ...(shown !== undefined && { tag: shown }),
    ...(pinned !== undefined && { digest: pinned }),
  };
}

/** As people write it: without `docker.io/library/`, which {@link parseReference} puts back. */
export function formatReference(reference: ImageReference): string {
  const { tag, digest } = reference;
  return (
    familiarName(reference) +
    (tag === undefined ? '' : `:${tag}`) +
    (digest === undefined ? '' : `@${digest}`)
  );
}

/** True for a repository's path in a registry, such as `library/alpine`. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && REPOSITORY.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** A host with an optional port, in lower case. */
export function isRegistryHost(text: string): boolean {
  const match = text.length <= MAX_NAME_LENGTH ? HOST.exec(text) : null;
  return match !== null && (match[1] === undefined || (Number(match[1]) > 0 && Number(match[1]) < 65_536));
}

function split(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf('@');
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return {
    name: colon < 0 ? named : named.slice(0, colon),
    ...(colon >= 0 && { tag: named.slice(colon + 1) }),
    ...(at >= 0 && { digest: text.slice(at + 1) }),
  };
}

function splitName(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash < 0 || !looksLikeHost(first)) return { registry: DOCKER_HUB, path: name };
  const host = first.toLowerCase();
  return { registry: host === 'index.docker.io' ? DOCKER_HUB : host, path: name.slice(slash + 1) };
}

/** Upper case makes a host of it, as no repository may have any. */
function looksLikeHost(first: string): boolean {
  return first.includes('.') || first.includes(':') || first === 'localhost' || first.toLowerCase() !== first;
}

function checkName(text: string, registry: string, repository: string): void {
  if (text.includes('://')) refuse(text, 'is a URL', 'Leave out everything up to "://".');
  if (!isRegistryHost(registry)) refuse(text, 'has an invalid registry host');
  if (`${registry}/${repository}`.length > MAX_NAME_LENGTH) {
    refuse(text, `has a name longer than ${MAX_NAME_LENGTH} characters`);
  }
  if (REPOSITORY.test(repository)) return;
  const lower = REPOSITORY.test(repository.toLowerCase());
  refuse(text, 'has an invalid repository name', lower ? 'Repository names are in lower case.' : undefined);
}

function digestOf(text: string, digest: string): Digest {
  return toDigest(digest) ?? refuse(text, 'has a digest that is not sha256 or sha512');
}

function familiarName({ registry, repository }: ImageReference): string {
  if (registry !== DOCKER_HUB) return `${registry}/${repository}`;
  const [first = '', second, ...more] = repository.split('/');
  if (first === 'library' && second !== undefined && more.length === 0) return second;
  // Without the registry, such a first part would be taken for one; a lone part for one of library/.
  return looksLikeHost(first) || second === undefined ? `${registry}/${repository}` : repository;
}

function refuse(text: string, problem: string, hint?: string): never {
  throw new DrydockError('REFERENCE_INVALID', `image reference ${quoted(text)} ${problem}`, { hint });
}
