import type { Signal } from '../../../base/signal.ts';
import type { LayerChange, RootView } from '../../root/root-view.ts';
import { DPKG, textOf, type Database } from '../database/installed.ts';
import { fieldOf, parseParagraph, splitParagraphs } from '../database/paragraph.ts';
import { layOver, type MergedTree } from '../unpack/merged-tree.ts';
import type { Unpacked } from '../unpack/unpacking.ts';
import { checkObjects } from './check-objects.ts';
import { checkPayload, type PayloadChecking } from './check-payload.ts';
import type { Problem } from './problem.ts';

export type { Problem };

export interface Verifying extends Signal {
  readonly database: Database;
  readonly unpacked: readonly Unpacked[];
  /** Of files of the image as they were, where they are known already. */
  readonly digests?: PayloadChecking['known'];
}

const SETUID = 0o6000;
/** Links that a whole system hangs on. */
const TOP_LINKS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'var/run', 'var/lock'];
const MAX_PROBLEMS = 1000;

/** What would be wrong with an image after these changes: nothing, or the patch must not be used. */
export async function verifyPatched(
  before: RootView,
  changes: readonly LayerChange[],
  { database, unpacked, digests = new Map(), signal }: Verifying,
): Promise<Problem[]> {
  const after = layOver(before);
  for (const change of changes) {
    if (change.kind === 'remove') after.remove(change.path);
    else after.write(change);
  }
  const problems = [
    ...checkPlaces(changes, after),
    ...checkSetuid(changes, before, database, unpacked),
    ...checkLinks(before, after),
    ...(database.kind === 'dpkg' ? checkStatus(after, database, unpacked) : []),
    ...(await checkPayload({ before, after, database, unpacked, known: digests, signal })),
    ...(await checkObjects({ before, after, changes, signal })),
  ];
  return problems.slice(0, MAX_PROBLEMS);
}

/** Nothing is written through a link, out of the root, or twice. */
export function checkPlaces(changes: readonly LayerChange[], after: MergedTree): Problem[] {
  const seen = new Set<string>();
  return changes.flatMap(({ kind, path }) => {
    const isSound =
      path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
    const isTwice = seen.has(path);
    seen.add(path);
    if (!isSound || isTwice) return [{ path, text: `${JSON.stringify(path)} cannot be written` }];
    return kind === 'write' && after.place(path) !== path
      ? [{ path, text: `/${path} would be written through a link` }]
      : [];
  });
}

function checkSetuid(
  changes: readonly LayerChange[],
  before: RootView,
  { statOverrides }: Database,
  unpacked: readonly Unpacked[],
): Problem[] {
  const written = changes.filter(
    (change) => change.kind === 'write' && change.type !== 'directory' && (change.mode & SETUID) !== 0,
  );
  if (written.length === 0) return [];
  const allowed = new Set([...statOverrides.values()].map(({ mode }) => mode & SETUID));
  const fromPackages = new Set(
    unpacked.flatMap(({ upgrade }) =>
      upgrade.file.payload.filter(({ mode }) => (mode & SETUID) !== 0).map(({ path }) => lastPart(path)),
    ),
  );
  return written.flatMap(({ path, ...change }) => {
    const mode = 'mode' in change ? change.mode & SETUID : 0;
    const was = before.entry(path)?.mode ?? 0;
    if ((mode & ~was) === 0 || fromPackages.has(lastPart(path)) || allowed.has(mode)) return [];
    return [{ path, text: `/${path} would run with other rights than its package gives it` }];
  });
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Links into folders that were merged, alternatives and the time zone lead where they led, or somewhere at least. */
export function checkLinks(before: RootView, after: MergedTree): Problem[] {
  const tops = TOP_LINKS.filter((path) => before.entry(path)?.type === 'symlink').flatMap((path) =>
    after.entry(path)?.target === before.entry(path)?.target
      ? []
      : [{ path, text: `/${path} would no longer be a link` }],
  );
  const links = [
    ...before.list('etc/alternatives').map((name) => `etc/alternatives/${name}`),
    'etc/localtime',
  ];
  const broken = links.filter((path) => before.resolve(path) && !after.resolve(path));
  return [...tops, ...broken.map((path) => ({ path, text: `/${path} would lead nowhere` }))];
}

/** One paragraph for each package, complete, and the new versions in them. */
function checkStatus(after: MergedTree, database: Database, unpacked: readonly Unpacked[]): Problem[] {
  const path = `${DPKG}/status`;
  const written = after.written(after.resolve(path)?.path ?? path)?.content;
  if (!written) return unpacked.length === 0 ? [] : [{ path, text: `/${path} would not be written` }];
  const versions = new Map<string, string>();
  const problems: Problem[] = [];
  for (const stanza of splitParagraphs(textOf(written))) {
    const paragraph = parseParagraph(stanza);
    const key = `${fieldOf(paragraph, 'Package') ?? ''}:${fieldOf(paragraph, 'Architecture') ?? ''}`;
    if (versions.has(key)) problems.push({ path, text: `/${path} would name ${key} twice` });
    versions.set(key, fieldOf(paragraph, 'Version') ?? '');
  }
  const known = new Set(database.packages.map(({ name, architecture }) => `${name}:${architecture}`));
  if (versions.size !== known.size)
    problems.push({ path, text: `/${path} would have ${versions.size} packages, not ${known.size}` });
  for (const { upgrade } of unpacked) {
    const { control } = upgrade.file;
    const key = `${upgrade.installed.name}:${fieldOf(control, 'Architecture') ?? ''}`;
    if (versions.get(key) !== (fieldOf(control, 'Version') ?? '').replace(/^0+:/, ''))
      problems.push({ path, text: `/${path} would not say the new version of ${key}` });
  }
  return problems;
}
