import { createHash } from 'node:crypto';
import type { PackageRisk } from '../../model/patch.ts';
import type { RootView } from '../root/root-view.ts';
import { divert } from './database/diversions.ts';
import type { Database } from './database/installed.ts';
import type { ScriptJudgement } from './scripts/judge-scripts.ts';
import type { FileDigests, Upgrade } from './unpack/unpacking.ts';

export interface RiskState {
  readonly root: RootView;
  readonly database: Database;
  readonly digests: ReadonlyMap<string, FileDigests>;
}

/** The most serious of what is known of a package's upgrade. */
export function riskOf(
  { installed, file }: Upgrade,
  { refusal, rules, unread, emulations }: ScriptJudgement,
  refused: { readonly detail: string } | undefined,
  state: RiskState,
): PackageRisk {
  const of = { name: installed.name, architecture: installed.architecture };
  const isUnread = unread.length > 0 || (refusal !== undefined && / is not known/.test(refusal));
  if (isUnread) return { ...of, risk: 'unknown-script', detail: refusal ?? unread.join(', ') };
  if (refused) return { ...of, risk: 'refused', detail: refused.detail };
  const kept = keptConffiles({ installed, file }, state);
  if (kept.length > 0) return { ...of, risk: 'config-touched', detail: kept.join(', ') };
  const active = rules.filter((rule) => rule.class !== 'N');
  const detail = [...new Set(active.map(({ reason }) => reason))].join('; ');
  if (emulations.size > 0)
    return { ...of, risk: 'emulated', detail: detail === '' ? [...emulations].join(', ') : detail };
  return active.length === 0 ? { ...of, risk: 'none' } : { ...of, risk: 'known-scripts', detail };
}

/** Files of the user's that stay although the package brings others. */
function keptConffiles({ installed, file }: Upgrade, { root, database, digests }: RiskState): string[] {
  return installed.conffiles.flatMap(({ path, hash }) => {
    const brought = file.payload.find((entry) => `/${entry.path}` === path)?.content;
    const wanted = divert(path, installed.name, database.diversions).slice(1);
    const current = digests.get(root.resolve(wanted)?.path ?? wanted)?.md5;
    if (!brought || current === hash) return [];
    const md5 = createHash('md5').update(brought).digest('hex');
    return md5 === hash || md5 === current ? [] : [path];
  });
}
