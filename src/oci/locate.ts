import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toDigest } from '../base/digest.ts';
import { DrydockError, hasErrno } from '../base/errors.ts';
import type { Digest, ImageReference } from '../model/image.ts';
import type { ArchiveFormat } from './archive/archive-format.ts';
import { quoted } from './quoted.ts';
import { parseReference } from './reference.ts';

/** Where what was asked for lies. `name` is what reports call it. */
export type Location =
  | { readonly kind: 'registry'; readonly reference: ImageReference; readonly name: string }
  | ({ readonly kind: 'layout'; readonly path: string; readonly name: string } & Choice)
  | ({
      readonly kind: 'archive';
      readonly path: string;
      readonly archive: ArchiveFormat | undefined;
      readonly name: string;
    } & Choice)
  | ({ readonly kind: 'stdin'; readonly archive: ArchiveFormat | undefined; readonly name: string } & Choice)
  | { readonly kind: 'directory' | 'sbom'; readonly path: string; readonly name: string };

interface Choice {
  readonly tag?: string;
  readonly digest?: Digest;
}

interface ChosenPath extends Choice {
  readonly path: string;
}

type PathKind = 'nothing' | 'layout' | 'directory' | 'file';

const MAX_CHARS = 8192;
const PATH_LIKE = /^(?:\.{0,2}\/|~\/|\.{1,2}$)/;
const ARCHIVE_LIKE = /\.(?:tar|tgz|tar\.gz|tar\.zst|tar\.zstd)$/i;
/** The tags of Docker Hub's image "registry", which would otherwise read as our prefix. */
const TAG_OF_REGISTRY_IMAGE = /^(?:\d[\w.-]*|latest|edge)$/;
/** Other tools' words for places we cannot look into. */
const FOREIGN_PREFIX = /^(docker-daemon|containers-storage|containerd|podman):/;

const PREFIXES: ReadonlyMap<string, (rest: string, text: string) => Promise<Location>> = new Map([
  ['oci', locateLayout],
  ['oci-archive', (rest: string, text: string) => locateArchive(rest, text, 'oci')],
  ['docker-archive', (rest: string, text: string) => locateArchive(rest, text, 'docker')],
  ['dir', locateDirectory],
  ['sbom', locateSbom],
]);

/**
 * Finds out what a text means. A prefix forces it: `oci:`, `oci-archive:`, `docker-archive:`, `dir:`,
 * `sbom:`, `registry:` or `docker://`. Without one: `-` is an archive on standard input, an existing path is what lies
 * there, anything else is a registry reference.
 *
 * @throws DrydockError SOURCE_NOT_FOUND, SOURCE_AMBIGUOUS, REFERENCE_INVALID
 */
export async function locate(text: string): Promise<Location> {
  if (text === '' || text.length > MAX_CHARS || text.includes('\0')) {
    throw new DrydockError('REFERENCE_INVALID', `not an image: ${quoted(text)}`);
  }
  if (text === '-') return { kind: 'stdin', archive: undefined, name: 'stdin' };
  const inRegistry = registryPartOf(text);
  if (inRegistry !== undefined) return fromRegistry(inRegistry);

  const colon = text.indexOf(':');
  const prefixed = colon > 0 ? PREFIXES.get(text.slice(0, colon)) : undefined;
  if (prefixed) return await prefixed(text.slice(colon + 1), text);
  refuseForeignPrefix(text);
  return await locateUnforced(text);
}

async function locateUnforced(text: string): Promise<Location> {
  const isPath = PATH_LIKE.test(text);
  const chosen = isPath ? await splitChoice(text) : { path: text };
  const kind = await kindOf(chosen.path);
  if (kind === 'layout') return { kind: 'layout', ...chosen, name: text };
  if (kind === 'file') return { kind: 'archive', archive: undefined, ...chosen, name: text };
  if (kind === 'directory' && isPath) return directoryAt(chosen, text);
  if (kind === 'directory') {
    throw new DrydockError('SOURCE_AMBIGUOUS', `${quoted(text)} is a directory here, and may be an image`, {
      hint: `Write dir:${text} for the directory as a root file system, or docker://${text} for the image.`,
    });
  }
  if (!isPath && !ARCHIVE_LIKE.test(text)) return fromRegistry(text);
  throw notFound(
    text,
    isPath ? undefined : `Write docker://${text} if it is an image of that name in a registry.`,
  );
}

function directoryAt({ path, tag, digest }: ChosenPath, text: string): Location {
  if (tag === undefined && digest === undefined) return { kind: 'directory', path, name: text };
  throw new DrydockError(
    'SOURCE_NOT_FOUND',
    `${quoted(path)} is no OCI layout that could hold several images`,
    {
      hint: 'A layout has the files index.json and oci-layout. For a root file system leave the tag out.',
    },
  );
}

/** What stands behind `docker://` or `registry:`, where that is a prefix. */
function registryPartOf(text: string): string | undefined {
  for (const prefix of ['docker://', 'registry://'])
    if (text.startsWith(prefix)) return text.slice(prefix.length);
  const rest = text.startsWith('registry:') ? text.slice('registry:'.length) : undefined;
  return rest === undefined || TAG_OF_REGISTRY_IMAGE.test(rest) ? undefined : rest;
}

function fromRegistry(text: string): Location {
  return { kind: 'registry', reference: parseReference(text), name: text };
}

function refuseForeignPrefix(text: string): void {
  const prefix = FOREIGN_PREFIX.exec(text)?.[1];
  if (prefix === undefined) return;
  throw new DrydockError('REFERENCE_INVALID', `images in ${prefix} cannot be read from there`, {
    hint: 'Save the image to standard output and scan that: docker save IMAGE | drydock scan -',
  });
}

async function locateLayout(rest: string, text: string): Promise<Location> {
  const chosen = await splitChoice(rest);
  const kind = await kindOf(chosen.path);
  if (kind === 'nothing' || rest === '') throw notFound(rest);
  if (kind === 'file') {
    throw new DrydockError(
      'SOURCE_NOT_FOUND',
      `${quoted(chosen.path)} is a file, not an OCI layout directory`,
      {
        hint: `For an archive write oci-archive:${text.slice(text.indexOf(':') + 1)}.`,
      },
    );
  }
  // A directory that is no layout is told so, by what it lacks, when it is opened.
  return { kind: 'layout', ...chosen, name: rest };
}

async function locateArchive(rest: string, text: string, archive: ArchiveFormat): Promise<Location> {
  if (rest === '-') return { kind: 'stdin', archive, name: 'stdin' };
  const piped = /^-([:@].+)$/.exec(rest)?.[1];
  if (piped !== undefined) return { kind: 'stdin', archive, ...toChoice(piped), name: 'stdin' };
  const chosen = await splitChoice(rest);
  const kind = await kindOf(chosen.path);
  if (kind === 'nothing' || rest === '') throw notFound(rest);
  if (kind === 'file') return { kind: 'archive', archive, ...chosen, name: rest };
  throw new DrydockError('SOURCE_NOT_FOUND', `${quoted(chosen.path)} is a directory, not an archive`, {
    hint: kind === 'layout' ? `Write oci:${text.slice(text.indexOf(':') + 1)}.` : undefined,
  });
}

async function locateDirectory(rest: string): Promise<Location> {
  const kind = rest === '' ? 'nothing' : await kindOf(rest);
  if (kind === 'layout' || kind === 'directory') return { kind: 'directory', path: rest, name: rest };
  if (kind === 'nothing') throw notFound(rest);
  throw new DrydockError('SOURCE_NOT_FOUND', `${quoted(rest)} is not a directory`);
}

async function locateSbom(rest: string): Promise<Location> {
  if (rest === '' || (await kindOf(rest)) === 'nothing') throw notFound(rest);
  if ((await kindOf(rest)) === 'file') return { kind: 'sbom', path: rest, name: rest };
  throw new DrydockError('SOURCE_NOT_FOUND', `${quoted(rest)} is a directory, not a bill of materials`);
}

/**
 * `path`, `path:tag`, `path@digest` or `path:tag@digest`. Paths may hold colons themselves, so the longest text
 * that exists is the path; when none does, the whole text is.
 */
async function splitChoice(text: string): Promise<ChosenPath> {
  if ((await kindOf(text)) !== 'nothing') return { path: text };
  const at = text.lastIndexOf('@');
  const digest = at > 0 ? toDigest(text.slice(at + 1)) : undefined;
  const named = digest === undefined ? text : text.slice(0, at);
  const withDigest = digest === undefined ? {} : { digest };
  if (digest !== undefined && (await kindOf(named)) !== 'nothing') return { path: named, digest };
  for (let colon = named.lastIndexOf(':'); colon > 0; colon = named.lastIndexOf(':', colon - 1)) {
    const path = named.slice(0, colon);
    const tag = named.slice(colon + 1);
    if (tag !== '' && (await kindOf(path)) !== 'nothing') return { path, tag, ...withDigest };
  }
  return { path: text };
}

/** `:tag` or `@digest`, where there is no path to tell them from. */
function toChoice(text: string): Choice {
  if (text.startsWith(':')) return { tag: text.slice(1) };
  const digest = toDigest(text.slice(1));
  if (digest !== undefined) return { digest };
  throw new DrydockError('REFERENCE_INVALID', `not a digest: ${quoted(text.slice(1))}`);
}

async function kindOf(path: string): Promise<PathKind> {
  const status = await statusOf(path);
  if (!status) return 'nothing';
  if (!status.isDirectory()) return 'file';
  const isLayout = (await statusOf(join(path, 'index.json'))) && (await statusOf(join(path, 'oci-layout')));
  return isLayout ? 'layout' : 'directory';
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    // ENAMETOOLONG and the like: no such path can exist, so the text means something else.
    if (hasErrno(cause, 'EACCES', 'EPERM', 'EIO')) {
      throw new DrydockError('SOURCE_NOT_FOUND', `${quoted(path)} cannot be looked at`, { cause });
    }
    return undefined;
  }
}

function notFound(path: string, hint?: string): DrydockError {
  const what = path === '' ? 'there is no path behind the prefix' : `${quoted(path)} does not exist`;
  return new DrydockError('SOURCE_NOT_FOUND', what, { hint });
}
