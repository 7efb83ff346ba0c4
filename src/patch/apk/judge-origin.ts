import type { Signal } from '../../base/signal.ts';
import type { PackageRisk, UnfixedReason } from '../../model/patch.ts';
import type { ScriptPolicy } from '../embedded/scripts/judge-scripts.ts';
import type { RootView } from '../root/root-view.ts';
import { inInstallOrder } from './database/write-database.ts';
import type { AccountWish } from './scripts/account-lines.ts';
import { makeAccounts, type AccountFiles } from './scripts/accounts.ts';
import { commitHook } from './scripts/commit-hooks.ts';
import { linkRefusal } from './scripts/busybox-links.ts';
import { judgeScripts, type ApkScriptJudgement } from './scripts/judge-scripts.ts';
import { riskOf } from './risk.ts';
import { readAccounts } from './scripts/write-accounts.ts';
import { conflictOf } from './unpack/file-conflicts.ts';
import type { ApkUnpacking, ApkUpgrade } from './unpack/unpacking.ts';

export interface ApkJudgingParts extends Signal {
  readonly root: RootView;
  readonly unpacking: ApkUnpacking;
  /** All upgrades of this run, refused or not. */
  readonly all: readonly ApkUpgrade[];
  readonly scripts?: ScriptPolicy;
}

/** What is to be done in place of scripts. */
export interface ApkWork {
  /** Links of BusyBox's programs. */
  readonly links: boolean;
  readonly accounts: readonly AccountWish[];
}

export interface ApkRefusal {
  readonly reason: UnfixedReason;
  readonly detail: string;
}

export interface ApkJudgement {
  readonly refusal?: ApkRefusal;
  /** Of each package, in the order they were given. */
  readonly risks: readonly PackageRisk[];
}

export interface ApkJudging {
  /** Whether all packages of an origin can be replaced without running anything. */
  judge(upgrades: readonly ApkUpgrade[], options: Signal): Promise<ApkJudgement>;
  /** For all that were let pass. */
  work(): ApkWork;
}

/** Judges origins one after the other; what one of them would make is there for the next. */
export async function openJudging(parts: ApkJudgingParts): Promise<ApkJudging> {
  const { root, unpacking, all, scripts: policy = 'catalogued', signal } = parts;
  const { database } = unpacking;
  const files = await readAccounts(root, { signal });
  const order = inInstallOrder(all, database).map(({ installed }) => installed.name);
  const accounts = new Map<string, readonly AccountWish[]>();
  let links = false;

  /** Numbers are given to accounts in the order in which packages are installed. */
  function wishesWith(more: ApkScriptJudgement['wishes']): AccountWish[] {
    return order.flatMap((name) => more.get(name) ?? accounts.get(name) ?? []);
  }

  async function refusalOf(
    upgrades: readonly ApkUpgrade[],
    judged: ApkScriptJudgement,
    options: Signal,
  ): Promise<ApkRefusal | undefined> {
    for (const upgrade of upgrades) {
      const conflict = conflictOf(upgrade, all, unpacking);
      if (conflict !== undefined) return { reason: 'conflict', detail: conflict };
    }
    const busybox = upgrades.find(({ installed }) => installed.name === 'busybox');
    const hook = policy === 'equal' ? undefined : commitHook(root);
    const why =
      judged.refusal ??
      (hook && `apk would run /${hook}, which is not known`) ??
      accountRefusal(files, wishesWith(judged.wishes), unpacking) ??
      (judged.emulations.has('busybox-links') ? await linkRefusal(busybox, root, options) : undefined);
    return why === undefined ? undefined : { reason: 'unsafe-maintainer-script', detail: why };
  }

  return {
    work: () => ({ links, accounts: wishesWith(new Map()) }),
    async judge(upgrades, options) {
      const judged = judgeScripts(upgrades, { root, database, policy, all });
      const refusal = await refusalOf(upgrades, judged, options);
      const risks = upgrades.map((upgrade) => riskOf(upgrade, judged, refusal, unpacking));
      if (refusal) return { refusal, risks };
      links ||= judged.emulations.has('busybox-links');
      for (const [name, wishes] of judged.wishes) accounts.set(name, wishes);
      return { risks };
    },
  };
}

function accountRefusal(
  files: AccountFiles,
  wishes: readonly AccountWish[],
  { tree }: Pick<ApkUnpacking, 'tree'>,
): string | undefined {
  const made = makeAccounts(files, wishes, 0);
  if ('refusal' in made) return made.refusal;
  if (made.files.group !== files.group && tree.entry('etc/gshadow')) return '/etc/gshadow would be written';
  if (made.made.length === 0 || tree.entry('usr/sbin/adduser')?.target === '/bin/busybox') return undefined;
  return `${made.made.join(', ')} would be made by another program than BusyBox`;
}
