import { DrydockError } from '../../../base/errors.ts';
import { toSource, type ArchiveOptions } from '../../sources/archives.ts';
import type { Note } from '../../sources/apt-source.ts';
import type { OsRelease } from '../../sources/default-sources.ts';

/** A place of packages. */
export interface ApkRepository {
  /** Without a slash at its end; may hold a login. */
  readonly uri: string;
  /** Only who asks for this tag is given packages of it. */
  readonly tag?: string;
  /** Given by the operator, who may name files and hosts of the own network; an image may not. */
  readonly byOperator: boolean;
  /** Believed without a signature. */
  readonly trusted: boolean;
}

const MAX_REPOSITORIES = 200;
const MAX_LINES = 10_000;

/** Lines of `etc/apk/repositories`: an address, a tag before it or not. @see apk-repositories(5) */
export function parseRepositories(text: string, path: string, note: Note): ApkRepository[] {
  const found: ApkRepository[] = [];
  for (const line of text.split('\n', MAX_LINES)) {
    const words = line.trim().split(/\s+/);
    const [first = ''] = words;
    if (first === '' || first.startsWith('#')) continue;
    const tag = first.startsWith('@') ? first.slice(1) : '';
    const uri = (tag === '' ? first : (words[1] ?? '')).replace(/\/+$/, '');
    const problem = problemOf(uri);
    if (problem !== undefined) note(`${path}: ${problem}`);
    else found.push({ uri, ...(tag !== '' && { tag }), byOperator: false, trusted: false });
  }
  if (found.length > MAX_REPOSITORIES) note(`${path}: only ${MAX_REPOSITORIES} repositories are asked`);
  return found.slice(0, MAX_REPOSITORIES);
}

function problemOf(uri: string): string | undefined {
  if (uri.startsWith('/')) return 'a repository in a folder of the image is not asked';
  if (!URL.canParse(uri)) return 'a repository has an address that is no URL';
  const { protocol } = new URL(uri);
  return ['http:', 'https:', 'file:'].includes(protocol)
    ? undefined
    : `repositories with ${protocol} are not supported`;
}

/** The image's repositories and those of the operator, each once. @throws DrydockError CONFIG_INVALID */
export function allRepositories(image: readonly ApkRepository[], options: ArchiveOptions): ApkRepository[] {
  const extra = (options.extraSources ?? []).flatMap((given): ApkRepository[] => {
    const { uri, suite, components, wantsTrust } = toSource(given);
    const paths = components.length > 0 ? components.map((component) => `${suite}/${component}`) : [suite];
    return paths.map((path) => ({
      uri: new URL(path === './' ? '' : path, uri).href.replace(/\/+$/, ''),
      byOperator: true,
      trusted: wantsTrust,
    }));
  });
  const all = [...(options.ignoreImageSources ? [] : image), ...extra];
  const known = new Map(all.map((one) => [`${one.tag ?? ''} ${one.uri}`, one]));
  return [...known.values()].slice(0, MAX_REPOSITORIES);
}

/** Alpine's own, for images that name none. Empty for other distributions. */
export function defaultRepositories({ id, versionId }: OsRelease): ApkRepository[] {
  const [, branch] = /^(\d+\.\d+)(?:\.\d+)?$/.exec(versionId) ?? [];
  if (id !== 'alpine' || branch === undefined) return [];
  return ['main', 'community'].map((name) => ({
    uri: `https://dl-cdn.alpinelinux.org/alpine/v${branch}/${name}`,
    byOperator: false,
    trusted: false,
  }));
}

/** Where nothing is to be asked. */
export function withoutRepositories(): DrydockError {
  return new DrydockError('ARCHIVE_UNAVAILABLE', 'the image names no repository of packages', {
    hint: 'Name one: --archive-source "https://dl-cdn.alpinelinux.org/alpine v3.20 main community".',
  });
}
