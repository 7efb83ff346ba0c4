import { idOf, type Accounts } from '../../embedded/database/accounts.ts';
import { firstUnknownCommand } from '../../embedded/scripts/first-unknown-command.ts';
import type { ScriptPolicy } from '../../embedded/scripts/judge-scripts.ts';
import { scriptKey } from '../../embedded/scripts/normalise-script.ts';
import type { RootView } from '../../root/root-view.ts';
import type { ScriptKind } from '../archive/open-apk.ts';
import type { ApkDatabase } from '../database/database.ts';
import type { InstalledApk } from '../database/record.ts';
import { foldersTold, type Trigger } from '../database/triggers.ts';
import { wordsOf } from '../archive/package-info.ts';
import type { ApkUpgrade } from '../unpack/unpacking.ts';
import { accountLines, type AccountWish } from './account-lines.ts';
import { REVIEWED } from './catalogue.ts';
import type { ApkCheck, ApkEmulation, ReviewedApkScript } from './script-rule.ts';

export interface ApkScriptJudging {
  readonly root: RootView;
  readonly database: ApkDatabase;
  readonly policy: ScriptPolicy;
  /** All upgrades of this run, refused or not. */
  readonly all: readonly ApkUpgrade[];
}

export interface ApkScriptJudgement {
  /** Why not, for people. */
  readonly refusal?: string;
  readonly emulations: ReadonlySet<ApkEmulation>;
  /** Accounts that scripts see to, by the package that brings them. */
  readonly wishes: ReadonlyMap<string, readonly AccountWish[]>;
  /** Rules of the scripts that would run, by the package that brings them. */
  readonly rules: ReadonlyMap<string, readonly ReviewedApkScript[]>;
  /** Packages with a script that nobody has read. */
  readonly unread: ReadonlySet<string>;
}

const RULES: ReadonlyMap<string, ReviewedApkScript> = new Map(
  REVIEWED.flatMap((rule) => Object.values(rule.keys).map((key) => [key, rule] as const)),
);

/** What apk runs of the new version on the way from the old one; triggers come after all of them. */
const RUN = ['pre-upgrade', 'post-upgrade'] as const;

/** Whether leaving out the scripts of packages of one origin changes nothing that is not done in another way. */
export function judgeScripts(upgrades: readonly ApkUpgrade[], judging: ApkScriptJudging): ApkScriptJudgement {
  const emulations = new Set<ApkEmulation>();
  const wishes = new Map<string, AccountWish[]>();
  const rules = new Map<string, ReviewedApkScript[]>();
  const unread = new Set<string>();
  let refusal: string | undefined;
  const take = (name: string, rule: ReviewedApkScript | undefined): void => {
    if (rule) rules.set(name, [...(rules.get(name) ?? []), rule]);
    if (rule?.emulation) emulations.add(rule.emulation);
  };
  for (const upgrade of upgrades) {
    for (const kind of RUN) {
      const text = newScript(upgrade, kind);
      if (text === undefined) continue;
      const judged = judgeOne(text, kind, upgrade, judging);
      take(upgrade.installed.name, judged.rule);
      wishes.set(upgrade.installed.name, [...(wishes.get(upgrade.installed.name) ?? []), ...judged.wishes]);
      if (judged.isUnread) unread.add(upgrade.installed.name);
      refusal ??= judged.refusal;
    }
  }
  for (const told of triggersTold(upgrades, judging)) {
    take(told.by, ruleOf(told.script, told.pkg));
    refusal ??= refusalOfTrigger(told, judging);
  }
  return { emulations, wishes, rules, unread, ...(refusal !== undefined && { refusal }) };
}

interface Judged {
  readonly refusal?: string;
  readonly rule?: ReviewedApkScript;
  readonly wishes: readonly AccountWish[];
  readonly isUnread?: boolean;
}

function judgeOne(text: string, kind: ScriptKind, upgrade: ApkUpgrade, judging: ApkScriptJudging): Judged {
  const { installed, update } = upgrade;
  const owner = { name: installed.name, version: update.to };
  const rule = ruleOf(text, owner);
  const { wishes, others } = accountLines(text);
  if (rule) {
    const failed = firstFailure(rule, judging);
    return {
      rule,
      wishes,
      ...(failed !== undefined && { refusal: `${owner.name} ${kind} would act here: ${failed}` }),
    };
  }
  if (others.length === 0) return { wishes };
  const before = oldScript(installed, kind, judging.database);
  const isEqual = before !== undefined && scriptKey(before, installed) === scriptKey(text, owner);
  if (judging.policy === 'equal' && isEqual) return { wishes: [], isUnread: true };
  const command = firstUnknownCommand(text);
  const unknown = command === undefined ? '' : `; its first unknown command is ${command}`;
  return { wishes: [], isUnread: true, refusal: `${owner.name} ${kind} is not known${unknown}` };
}

function firstFailure({ checks = [] }: ReviewedApkScript, judging: ApkScriptJudging): string | undefined {
  return checks.map((check) => failureOf(check, judging)).find((why) => why !== undefined);
}

function ruleOf(
  text: string,
  { name, version }: { name: string; version: string },
): ReviewedApkScript | undefined {
  return RULES.get(scriptKey(text, { name, version }));
}

function newScript({ file }: ApkUpgrade, kind: ScriptKind): string | undefined {
  const content = file.scripts.get(kind);
  return content && Buffer.from(content).toString('utf8');
}

function oldScript(
  { identity }: InstalledApk,
  kind: ScriptKind,
  { scripts }: ApkDatabase,
): string | undefined {
  const found = scripts.get(identity)?.find((each) => each.kind === kind);
  return found && Buffer.from(found.content).toString('utf8');
}

/** A trigger that would run, with the version of the package that its script is of. */
interface Told {
  readonly pkg: { readonly name: string; readonly version: string };
  readonly by: string;
  readonly script: string;
  readonly folders: readonly string[];
}

/** What would be told of the folders that change: all that match for a package that is new itself. */
function triggersTold(upgrades: readonly ApkUpgrade[], { database, all }: ApkScriptJudging): Told[] {
  const changed = new Set(
    upgrades.flatMap(({ installed, file }) => [
      ...installed.folders.map(({ path }) => path),
      ...file.payload.filter(({ type }) => type === 'directory').map(({ path }) => path),
    ]),
  );
  const by = upgrades[0]?.installed.name ?? '';
  return triggersIn(database, all).flatMap(({ name, version, next, isNew, trigger, script }): Told[] => {
    const isOwn = next !== undefined && upgrades.includes(next);
    // Of a package that moves with others both are asked: it may be refused yet, and stay what it is.
    if (isOwn && !isNew) return [];
    const asked = isOwn ? database.packages.flatMap(({ folders }) => folders.map(({ path }) => path)) : [];
    const folders = foldersTold(trigger, [...new Set([...changed, ...asked])]);
    return folders.length > 0 ? [{ pkg: { name, version }, by, script, folders }] : [];
  });
}

interface KnownTrigger {
  readonly name: string;
  readonly version: string;
  readonly next?: ApkUpgrade;
  /** Of the version that comes. */
  readonly isNew: boolean;
  readonly trigger: Trigger;
  readonly script: string;
}

/** Triggers of what is installed, and of what would be. */
function triggersIn(database: ApkDatabase, all: readonly ApkUpgrade[]): KnownTrigger[] {
  const upgrades = new Map(all.map((upgrade) => [upgrade.installed, upgrade]));
  const byIdentity = new Map(database.triggers.map((trigger) => [trigger.identity, trigger]));
  const old = database.packages.flatMap((pkg): KnownTrigger[] => {
    const [trigger, next] = [byIdentity.get(pkg.identity), upgrades.get(pkg)];
    const script = trigger && oldScript(pkg, 'trigger', database);
    if (!trigger || script === undefined) return [];
    const { name, version } = pkg;
    return [{ name, version, isNew: false, trigger, script, ...(next && { next }) }];
  });
  const fresh = all.flatMap((next): KnownTrigger[] => {
    const { name, to: version } = next.update;
    const [globs, script] = [wordsOf(next.file.info, 'triggers'), newScript(next, 'trigger')];
    if (globs.length === 0 || script === undefined) return [];
    return [{ name, version, next, isNew: true, trigger: { identity: next.file.identity, globs }, script }];
  });
  return [...old, ...fresh];
}

function refusalOfTrigger({ pkg, by, script, folders }: Told, judging: ApkScriptJudging): string | undefined {
  const rule = ruleOf(script, pkg);
  if (rule?.kind !== 'trigger')
    return `the trigger of ${pkg.name}, which is not known, would be told of /${folders[0]} by ${by}`;
  const modules = folders.find((folder) => /(?:^|\/)lib\/modules\//.test(folder));
  if (modules !== undefined) return `${pkg.name} would list the modules in /${modules} anew`;
  const failed = firstFailure(rule, judging);
  return failed === undefined ? undefined : `the trigger of ${pkg.name} would act here: ${failed}`;
}

function failureOf(check: ApkCheck, { root, database }: ApkScriptJudging): string | undefined {
  if ('absent' in check) return root.entry(check.absent) ? `/${check.absent} is there` : undefined;
  if ('noFolder' in check)
    return root.entry(check.noFolder)?.type === 'directory' ? `/${check.noFolder} is a folder` : undefined;
  if ('namesWithEndings' in check) {
    const bare = root.list(check.namesWithEndings).find((name) => !name.includes('.'));
    return bare === undefined ? undefined : `/${check.namesWithEndings}/${bare} would be called otherwise`;
  }
  if ('noLink' in check)
    return root.entry(check.noLink)?.target === check.to
      ? `/${check.noLink} leads to ${check.to}`
      : undefined;
  return ownedFailure(check, root, database.accounts);
}

function ownedFailure(
  { owned, user, group, mode }: Extract<ApkCheck, { owned: string }>,
  root: RootView,
  { users, groups }: Accounts,
): string | undefined {
  const entry = root.resolve(owned);
  const isSo =
    !entry ||
    (entry.uid === idOf(users, user) &&
      entry.gid === idOf(groups, group) &&
      (mode === undefined || entry.mode === mode));
  return isSo ? undefined : `/${owned} is not of ${user} and ${group}`;
}
