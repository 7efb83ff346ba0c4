import { createHash } from 'node:crypto';
import type { Signal } from '../../base/signal.ts';
import { layOver, type MergedTree } from '../embedded/unpack/merged-tree.ts';
import { checkObjects } from '../embedded/verify/check-objects.ts';
import type { Problem } from '../embedded/verify/problem.ts';
import { checkLinks, checkPlaces } from '../embedded/verify/verify-patched.ts';
import type { LayerChange, RootView } from '../root/root-view.ts';
import { parseInstalled, filesOf } from './database/record.ts';
import type { ApkUnpacked, ApkUnpacking } from './unpack/unpacking.ts';

export interface ApkVerifying extends Signal {
  readonly unpacking: ApkUnpacking;
  readonly unpacked: readonly ApkUnpacked[];
}

const SETUID = 0o6000;
const MAX_PROBLEMS = 1000;

/** What would be wrong with an image after these changes: nothing, or the patch must not be used. */
export async function verifyApk(
  before: RootView,
  changes: readonly LayerChange[],
  { unpacking, unpacked, signal }: ApkVerifying,
): Promise<Problem[]> {
  const after = layOver(before);
  for (const change of changes) {
    if (change.kind === 'remove') after.remove(change.path);
    else after.write(change);
  }
  const problems = [
    ...checkPlaces(changes, after),
    ...checkRights(changes, before, unpacked),
    ...checkLinks(before, after),
    ...checkDatabase(after, unpacking, unpacked),
    ...(await checkFiles(before, after, { unpacking, unpacked, signal })),
    ...(await checkObjects({ before, after, changes, signal })),
  ];
  return problems.slice(0, MAX_PROBLEMS);
}

/** Nothing runs with rights that its package does not give it. */
function checkRights(
  changes: readonly LayerChange[],
  before: RootView,
  unpacked: readonly ApkUnpacked[],
): Problem[] {
  const given = new Set(
    unpacked.flatMap(({ payload }) =>
      payload.filter(({ mode }) => (mode & SETUID) !== 0).map(({ path }) => nameOf(path)),
    ),
  );
  return changes.flatMap((change) => {
    if (change.kind !== 'write' || change.type === 'directory') return [];
    const added = change.mode & SETUID & ~(before.entry(change.path)?.mode ?? 0);
    if (added === 0 || given.has(nameOf(change.path))) return [];
    return [
      { path: change.path, text: `/${change.path} would run with other rights than its package gives it` },
    ];
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.apk-new$/, '');
}

/** The same packages as before, the new versions among them. */
function checkDatabase(
  after: MergedTree,
  { database }: ApkUnpacking,
  unpacked: readonly ApkUnpacked[],
): Problem[] {
  const path = `${database.folder}/installed`;
  const written = after.written(after.resolve(path)?.path ?? path)?.content;
  if (!written) return [{ path, text: `/${path} would not be written` }];
  const { packages, problems } = parseInstalled(Buffer.from(written).toString('utf8'));
  const found = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const wrong = unpacked.filter(
    ({ upgrade }) => found.get(upgrade.installed.name)?.version !== upgrade.update.to,
  );
  return [
    ...problems.map((text) => ({ path, text: `/${path}: ${text}` })),
    ...wrong.map(({ upgrade }) => ({
      path,
      text: `/${path} would not say the new version of ${upgrade.installed.name}`,
    })),
    ...(packages.length === database.packages.length
      ? []
      : [{ path, text: `/${path} would have ${packages.length} packages, not ${database.packages.length}` }]),
    ...overlapping(packages).map((text) => ({ path, text: `/${path}: ${text}` })),
  ];
}

/** No file belongs to two packages. */
function overlapping(packages: ReturnType<typeof parseInstalled>['packages']): string[] {
  const owners = new Map<string, string>();
  return packages.flatMap((pkg) =>
    [...filesOf(pkg)].flatMap(({ path }) => {
      const other = owners.get(path);
      owners.set(path, pkg.name);
      return other === undefined || other === pkg.name
        ? []
        : [`/${path} would be of ${other} and of ${pkg.name}`];
    }),
  );
}

/** What each package says of its files is so, but for those of the image that were kept and those that others took. */
async function checkFiles(
  before: RootView,
  after: MergedTree,
  { unpacking: { derived, owners }, unpacked, signal }: ApkVerifying,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const unchanged = new Map<string, { readonly path: string; readonly sha1: string }>();
  for (const { payload, kept, upgrade } of unpacked) {
    const { name } = upgrade.installed;
    for (const { path, type, sha1 = '', target } of payload) {
      if (kept.has(path) || (type !== 'directory' && owners.get(path)?.pkg.name !== name)) continue;
      const place = after.place(path);
      const entry = place === undefined ? undefined : after.entry(place);
      const isThere =
        type === 'directory'
          ? after.resolve(path)?.type === 'directory'
          : type === 'symlink'
            ? entry?.target === target
            : entry?.type === 'file' || entry?.type === 'hardlink';
      if (!isThere) problems.push({ path, text: `/${path} would be missing` });
      else if (entry && type !== 'directory' && type !== 'symlink' && !derived.has(entry.path)) {
        const content = contentAt(after, entry.path);
        if (content === undefined) unchanged.set(entry.path, { path, sha1 });
        else if (sha1Of(content) !== sha1)
          problems.push({ path, text: `/${path} would not be what its package says` });
      }
    }
  }
  const sums = await before.digests(unchanged.keys(), { signal });
  for (const [place, { path, sha1 }] of unchanged)
    if (sums.get(place)?.sha1 !== sha1)
      problems.push({ path, text: `/${path} would not be what its package says` });
  return problems;
}

function contentAt(after: MergedTree, place: string): Uint8Array | undefined {
  const written = after.written(place);
  return written?.type === 'hardlink' ? after.written(written.target ?? '')?.content : written?.content;
}

function sha1Of(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('hex');
}
