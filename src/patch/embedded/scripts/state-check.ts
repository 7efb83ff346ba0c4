import { createHash } from 'node:crypto';
import { deb } from '../../../versions/deb.ts';
import type { RootView } from '../../root/root-view.ts';
import type { Database } from '../database/installed.ts';
import { interestedIn } from '../database/triggers.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import type { StateCheck } from './script-rule.ts';

export interface CheckedState {
  readonly root: RootView;
  readonly database: Database;
  /** MD5 of files of the image that checks name. */
  readonly md5Of: (path: string) => string | undefined;
}

/** The first of the conditions that does not hold, for people. */
export function failedCheck(
  checks: readonly StateCheck[],
  upgrade: Upgrade,
  state: CheckedState,
): string | undefined {
  // Nothing of the following was ever done in an image where scripts never ran.
  if (state.database.kind === 'distroless') return undefined;
  for (const check of checks) {
    const failed = failureOf(check, upgrade, state);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function failureOf(
  check: StateCheck,
  upgrade: Upgrade,
  { root, database, md5Of }: CheckedState,
): string | undefined {
  const { accounts, diversions, triggers } = database;
  if ('present' in check)
    return unless(root.resolve(check.present) ?? root.entry(check.present), `/${check.present} is missing`);
  if ('absent' in check) {
    const at = root.place(check.absent);
    return unless(at === undefined || !root.entry(at), `/${check.absent} is there`);
  }
  if ('user' in check) return unless(accounts.users.has(check.user), `there is no user ${check.user}`);
  if ('group' in check) return unless(accounts.groups.has(check.group), `there is no group ${check.group}`);
  if ('diverted' in check)
    return unless(diversions.has(check.diverted), `there is no diversion of ${check.diverted}`);
  if ('undiverted' in check)
    return unless(!diversions.has(check.undiverted), `there is a diversion of ${check.undiverted}`);
  if ('unwatched' in check) {
    const [watcher] = interestedIn(triggers)(check.unwatched);
    return unless(watcher === undefined, `${watcher} waits for ${check.unwatched}`);
  }
  if ('needs' in check) {
    const needed = database.packages.find(({ name, isInstalled }) => isInstalled && name === check.needs);
    const isThere = needed !== undefined && !isLater(check.since, needed.version);
    return unless(isThere, `there is no ${check.needs} ${check.since} or later`);
  }
  if ('from' in check) {
    const { version } = upgrade.installed;
    return unless(!isLater(check.from, version), `${version} is before ${check.from}`);
  }
  const brought = upgrade.file.payload.find(({ path }) => path === check.unchanged)?.content;
  const wanted = brought && createHash('md5').update(brought).digest('hex');
  return unless(wanted === md5Of(check.unchanged), `/${check.unchanged} changes`);
}

function unless(holds: unknown, otherwise: string): string | undefined {
  return holds ? undefined : otherwise;
}

/** Whether one version comes after another; false where one of them is none. */
export function isLater(version: string, than: string): boolean {
  const [a, b] = [deb.parse(version), deb.parse(than)];
  return a !== undefined && b !== undefined && deb.compare(a, b) > 0;
}
