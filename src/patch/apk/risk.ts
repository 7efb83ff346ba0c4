import type { PackageRisk } from '../../model/patch.ts';
import type { ApkScriptJudgement } from './scripts/judge-scripts.ts';
import { digestOf, isRecorded } from './unpack/checksum.ts';
import type { ApkUnpacking, ApkUpgrade } from './unpack/unpacking.ts';

/** The most serious of what is known of a package's upgrade. */
export function riskOf(
  upgrade: ApkUpgrade,
  { rules, unread, refusal }: ApkScriptJudgement,
  refused: { readonly detail: string } | undefined,
  unpacking: ApkUnpacking,
): PackageRisk {
  const { name, architecture } = upgrade.installed;
  const of = { name, architecture };
  if (unread.has(name)) {
    const detail = refusal ?? 'its scripts are those that it had before; nobody has read them';
    return { ...of, risk: 'unknown-script', detail };
  }
  if (refused) return { ...of, risk: 'refused', detail: refused.detail };
  const kept = keptFiles(upgrade, unpacking);
  if (kept.length > 0) return { ...of, risk: 'config-touched', detail: kept.join(', ') };
  const own = rules.get(name) ?? [];
  const detail = [...new Set(own.map(({ reason }) => reason))].join('; ');
  if (own.some(({ emulation }) => emulation)) return { ...of, risk: 'emulated', detail };
  return own.length === 0 ? { ...of, risk: 'none' } : { ...of, risk: 'known-scripts', detail };
}

/** Files of the user's that stay although the package brings others. */
function keptFiles({ file }: ApkUpgrade, unpacking: ApkUnpacking): string[] {
  const { tree, owners, isProtected } = unpacking;
  return file.payload.flatMap(({ path, type, sha1 }) => {
    if (type === 'directory' || !isProtected(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) return [];
    const existing = tree.entry(tree.place(path) ?? '');
    if (!existing || isRecorded(owners.get(path)?.checksum, existing, unpacking)) return [];
    return digestOf(existing, 'sha1', unpacking) === sha1 ? [] : [`/${path}`];
  });
}
