import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { reach } from '../reach.ts';
import { directoryOf, filesInMatching, pathFrom, type LockFile } from '../source-tree.ts';
import { aliased, manifestAt, type Manifest } from './manifest.ts';
import { readYarnBlocks, type YarnBlock } from './read-yarn-blocks.ts';

interface Settled {
  readonly block: YarnBlock;
  readonly name: string;
  /** Its own makers publish it; patched, linked and local ones are not told of. */
  readonly isPublished: boolean;
}

/**
 * The packages that a `yarn.lock` settles on. It does not tell what is for development only: the `package.json` beside
 * it and those of the workspaces do.
 */
export function parseYarnLock(file: LockFile): FileResult | undefined {
  const settled: Settled[] = [];
  const index = new Map<string, Settled>();
  const byName = new Map<string, Settled | undefined>();
  for (const block of readYarnBlocks(textOf(file.content))) {
    const one = toSettled(block);
    if (!one) continue;
    settled.push(one);
    for (const pattern of block.patterns) {
      index.set(pattern, one);
      const name = nameOf(pattern);
      byName.set(name, byName.has(name) ? undefined : one);
    }
  }
  const find: Find = (name, range) =>
    index.get(`${name}@${range}`) ?? index.get(`${name}@npm:${range}`) ?? byName.get(name);
  const manifests = manifestsOf(file, settled);
  const packages = openLockedPackages('npm', 'yarn', file.path);
  const standing = manifests.length > 0 ? standingOf(manifests, find) : undefined;
  for (const one of settled) {
    if (!one.isPublished) continue;
    const id = packages.add({
      name: one.name,
      version: one.block.version,
      relationship: standing && (standing.direct.has(one) ? 'direct' : 'indirect'),
      development: standing?.development.has(one),
      lines: { startLine: one.block.startLine, endLine: one.block.endLine },
    });
    if (id !== undefined)
      packages.depend(
        id,
        next(one, find).flatMap(({ name, block }) =>
          block.version === undefined ? [] : [`${name}@${block.version}`],
        ),
      );
  }
  return packages.result();
}

type Find = (name: string, range: string) => Settled | undefined;

function nameOf(pattern: string): string {
  const at = pattern.indexOf('@', 1);
  return at < 0 ? pattern : pattern.slice(0, at);
}

const PROTOCOL = /^([a-z][a-z0-9+.-]*):/;
const PUBLISHED: ReadonlySet<string> = new Set(['npm', 'http', 'https']);

function toSettled(block: YarnBlock): Settled | undefined {
  const said = block.resolution ?? block.patterns[0];
  if (said === undefined || said.startsWith('__metadata')) return undefined;
  const name = nameOf(said);
  const range = said.slice(name.length + 1);
  const protocol = PROTOCOL.exec(range)?.[1] ?? 'npm';
  const isGit = protocol.startsWith('http') && /\.git(?:#|$)/.test(range);
  return {
    block,
    name: aliased(range)?.name ?? name,
    isPublished: PUBLISHED.has(protocol) && !isGit,
  };
}

function next({ block }: Settled, find: Find): Settled[] {
  return block.dependencies.flatMap(([name, range]) => {
    const found = find(name, range);
    return found ? [found] : [];
  });
}

/** Those of the root and of the workspaces, none where even the root's is missing. */
function manifestsOf(file: LockFile, settled: readonly Settled[]): Manifest[] {
  const directory = directoryOf(file.path);
  const root = manifestAt(file.tree, `${directory}package.json`);
  if (!root) return [];
  const stated = settled.flatMap(({ block }) => {
    const place = block.resolution?.split('@workspace:', 2)[1];
    return place === undefined || place === '.' ? [] : [pathFrom(directory, `${place}/package.json`)];
  });
  const places =
    stated.length > 0 ? stated : filesInMatching(file, directory, root.workspaces, 'package.json');
  // However many entries name the same folder, its manifest is read once.
  return [root, ...[...new Set(places)].flatMap((path) => manifestAt(file.tree, path) ?? [])];
}

function standingOf(
  manifests: readonly Manifest[],
  find: Find,
): { direct: ReadonlySet<Settled>; development: ReadonlySet<Settled> } {
  const starts = (key: 'runtime' | 'development'): Settled[] =>
    manifests.flatMap((manifest) => [...manifest[key]].flatMap(([name, range]) => find(name, range) ?? []));
  const runtime = reach(starts('runtime'), (one) => next(one, find));
  const development = reach(starts('development'), (one) => next(one, find));
  return {
    direct: new Set([...starts('runtime'), ...starts('development')]),
    development: new Set([...development].filter((one) => !runtime.has(one))),
  };
}
