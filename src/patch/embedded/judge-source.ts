import type { Signal } from '../../base/signal.ts';
import type { PackageRisk, UnfixedReason } from '../../model/patch.ts';
import type { RootView } from '../root/root-view.ts';
import { parseTriggers, interestedIn } from './database/triggers.ts';
import { textOf, type Database, type InstalledPackage } from './database/installed.ts';
import { REVIEWED } from './scripts/catalogue/debian.ts';
import { TRIGGERS } from './scripts/catalogue/triggers.ts';
import { riskOf } from './risk.ts';
import {
  filesToCheck,
  judgeScripts,
  ruleKey,
  type ScriptJudgement,
  type ScriptJudging,
  type ScriptPolicy,
} from './scripts/judge-scripts.ts';
import type { Emulation, ScriptRule } from './scripts/script-rule.ts';
import { judgeCaStore } from './derived/ca-store.ts';
import { conflictOf } from './unpack/file-conflicts.ts';
import { missingParts } from './database/partial-install.ts';
import type { FileDigests, Upgrade } from './unpack/unpacking.ts';

export type { ScriptPolicy };

export interface Judging extends Signal {
  readonly root: RootView;
  readonly database: Database;
  /** Installed packages by the files that they list. */
  readonly owners: ReadonlyMap<string, ReadonlySet<InstalledPackage>>;
  /** All upgrades of this run, refused or not. */
  readonly all: readonly Upgrade[];
  readonly policy: ScriptPolicy;
  /** Of files of the image, those to check among them, by where they really lie. */
  readonly digests: ReadonlyMap<string, FileDigests>;
}

export interface Judgement {
  readonly refusal?: { readonly reason: UnfixedReason; readonly detail: string };
  readonly notes: readonly string[];
  /** Of each package of the source, in the order they were given. */
  readonly risks: readonly PackageRisk[];
}

const RULES = rulesByScript();

function rulesByScript(): ReadonlyMap<string, readonly ScriptRule[]> {
  const rules = new Map<string, ScriptRule[]>();
  for (const rule of REVIEWED) {
    for (const key of Object.values(rule.scripts).flat()) {
      const at = ruleKey(rule.name, key);
      rules.set(at, [...(rules.get(at) ?? []), rule]);
    }
  }
  return rules;
}

/** Files of the image whose digests judging needs. */
export const FILES_TO_CHECK: readonly string[] = filesToCheck(REVIEWED);

const UNIT = /^(?:usr\/)?lib\/systemd\/system\/[^/]+\.(?:service|timer|socket|path|target)$/;
const INIT = ['usr/lib/systemd/systemd', 'lib/systemd/systemd'];

/** Whether all packages of a source can be replaced without running anything. Changes nothing. */
export async function judgeSource(upgrades: readonly Upgrade[], judging: Judging): Promise<Judgement> {
  const { root } = judging;
  const scripts: ScriptJudging = {
    ...judging,
    rules: RULES,
    md5Of: (path) => judging.digests.get(root.resolve(path)?.path ?? path)?.md5,
  };
  const emulations = new Set<Emulation>();
  const notes: string[] = [];
  const risks: PackageRisk[] = [];
  let refusal: Judgement['refusal'];
  for (const upgrade of upgrades) {
    const judged = judgeScripts(upgrade, scripts);
    const own = new Set<Emulation>(judged.emulations);
    const refused = refusalOf(upgrade, judged, judging, own, notes);
    for (const each of own) emulations.add(each);
    risks.push(riskOf(upgrade, { ...judged, emulations: own }, refused, judging));
    refusal ??= refused;
  }
  if (!refusal && emulations.has('ca-store')) {
    const why = await judgeCaStore(upgrades, judging);
    if (why !== undefined) refusal = { reason: 'unsafe-maintainer-script', detail: why };
  }
  return { notes, risks, ...(refusal && { refusal }) };
}

function refusalOf(
  upgrade: Upgrade,
  judged: ScriptJudgement,
  judging: Judging,
  emulations: Set<Emulation>,
  notes: string[],
): Judgement['refusal'] {
  const missing = missingParts(upgrade, judging);
  notes.push(...missing.notes);
  const conflict = missing.refusal ?? conflictOf(upgrade, judging);
  if (conflict !== undefined) return { reason: 'conflict', detail: conflict };
  const why = judged.refusal ?? unitRefusal(upgrade, judging) ?? triggerRefusal(upgrade, judging, emulations);
  return why === undefined ? undefined : { reason: 'unsafe-maintainer-script', detail: why };
}

/** Scripts enable units; that matters where systemd starts them, and where they are new. */
function unitRefusal({ installed, file }: Upgrade, { root, database }: Judging): string | undefined {
  const unit = file.payload.find(({ path }) => UNIT.test(path));
  if (!unit || database.kind === 'distroless') return undefined;
  if (INIT.some((path) => root.resolve(path)))
    return `${installed.name} brings units, and the image starts them with systemd`;
  const known = new Set(installed.files);
  const fresh = file.payload.find(({ path }) => UNIT.test(path) && !known.has(`/${path}`));
  return fresh && file.info.has('postinst')
    ? `${installed.name} brings the new unit /${fresh.path}`
    : undefined;
}

/** What other packages would be told of it, and would make of it. */
function triggerRefusal(
  { installed, file }: Upgrade,
  { root, database }: Judging,
  emulations: Set<Emulation>,
): string | undefined {
  const handlers = interestedIn(database.triggers);
  // dpkg pulls those of the old version, too.
  const named = [database.info.get(`${installed.infoName}.triggers`), file.info.get('triggers')?.content];
  const names = named.flatMap((content) => parseTriggers(textOf(content)).activations);
  const paths = file.payload.filter(({ type }) => type !== 'directory').map(({ path }) => `/${path}`);
  for (const trigger of [...names, ...paths, ...goingPaths({ installed, file }, root)]) {
    const handler = handlers(trigger).find((name) => name !== installed.name);
    if (handler === undefined) continue;
    const rule = TRIGGERS.find((each) => trigger === each.trigger || trigger.startsWith(`${each.trigger}/`));
    if (rule?.effect === 'ignore') continue;
    if (rule && rule.effect !== 'refuse') emulations.add(rule.effect);
    else
      return `${handler} would be told of ${trigger} by ${installed.name}${rule ? ` (${rule.reason})` : ''}`;
  }
  return undefined;
}

/** Files that the new version does not bring any more: dpkg tells of them, too. */
function goingPaths({ installed, file }: Upgrade, root: RootView): string[] {
  const stay = new Set(file.payload.map(({ path }) => `/${path}`));
  for (const { path } of installed.conffiles) stay.add(path);
  return installed.files.filter(
    (path) => !stay.has(path) && root.resolve(path.slice(1))?.type !== 'directory',
  );
}
