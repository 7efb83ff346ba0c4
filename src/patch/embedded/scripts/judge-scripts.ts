import type { RootView } from '../../root/root-view.ts';
import { deb } from '../../../versions/deb.ts';
import type { Database } from '../database/installed.ts';
import { textOf } from '../database/installed.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import { createHash } from 'node:crypto';
import { firstUnknownCommand } from './first-unknown-command.ts';
import { templateOf } from './catalogue/templates.ts';
import { normaliseScript, scriptKey } from './normalise-script.ts';
import type { Emulation, ScriptRule, StateCheck } from './script-rule.ts';

/** `catalogued`: what is not known is refused. `equal`: it may pass where both versions have the same. */
export type ScriptPolicy = 'catalogued' | 'equal';

export interface ScriptJudging {
  readonly root: RootView;
  readonly database: Database;
  readonly policy: ScriptPolicy;
  readonly rules: ReadonlyMap<string, ScriptRule>;
  /** MD5 of files of the image that checks name. */
  readonly md5Of: (path: string) => string | undefined;
}

export interface ScriptJudgement {
  /** Why not, for people. */
  readonly refusal?: string;
  readonly emulations: ReadonlySet<Emulation>;
}

/** What dpkg would run on the way: of the old version and of the new one. */
const RUN = [
  ['prerm', 'old'],
  ['preinst', 'new'],
  ['postrm', 'old'],
  ['postinst', 'new'],
] as const;

/** Whether leaving out a package's scripts changes nothing, or nothing that is not done in another way. */
export function judgeScripts(upgrade: Upgrade, judging: ScriptJudging): ScriptJudgement {
  const emulations = new Set<Emulation>();
  for (const [kind, side] of RUN) {
    const [before, after] = [oldScript(upgrade, kind, judging), newScript(upgrade, kind)];
    const text = side === 'old' ? before : after;
    if (text === undefined) continue;
    const owner = { name: upgrade.installed.name, version: versionOf(upgrade, side) };
    const rule = judging.rules.get(scriptKey(text, owner)) ?? templateOf(normaliseScript(text, owner))?.rule;
    const label = `${owner.name} ${kind}`;
    if (!rule) {
      const isEqual =
        before !== undefined &&
        after !== undefined &&
        keyOf(upgrade, 'old', before) === keyOf(upgrade, 'new', after);
      if (judging.policy === 'equal' && isEqual && passesGuards(text, upgrade.installed.version)) continue;
      return { refusal: `${label} is not known${commandNote(text)}`, emulations };
    }
    if (rule.emulation) emulations.add(rule.emulation);
    const failed = failedCheck(rule.checks ?? [], upgrade, judging);
    if (failed !== undefined) return { refusal: `${label} would act here: ${failed}`, emulations };
    if (!passesGuards(text, upgrade.installed.version))
      return {
        refusal: `${label} would move files of versions before ${upgrade.installed.version}`,
        emulations,
      };
  }
  return { emulations };
}

function commandNote(text: string): string {
  const command = firstUnknownCommand(text);
  return command === undefined ? '' : `; its first unknown command is ${command}`;
}

function keyOf(upgrade: Upgrade, side: 'old' | 'new', text: string): string {
  return scriptKey(text, { name: upgrade.installed.name, version: versionOf(upgrade, side) });
}

function versionOf({ installed, file }: Upgrade, side: 'old' | 'new'): string {
  return side === 'old' ? installed.version : (file.control.values.get('version') ?? '');
}

function oldScript({ installed }: Upgrade, kind: string, { database }: ScriptJudging): string | undefined {
  const content = database.kind === 'dpkg' ? database.info.get(`${installed.infoName}.${kind}`) : undefined;
  return content && textOf(content);
}

function newScript({ file }: Upgrade, kind: string): string | undefined {
  const content = file.info.get(kind)?.content;
  return content && textOf(content);
}

/** dpkg's own helper acts on upgrades from a version before the one it is given, and always without one. */
export function passesGuards(script: string, from: string): boolean {
  for (const line of script.split('\n')) {
    const match = /^\s*dpkg-maintscript-helper\s+(\S+)\s+(.*?)\s+--\s/.exec(line);
    if (!match) continue;
    const words = (match[2] ?? '').split(/\s+/);
    const prior = words[match[1] === 'rm_conffile' ? 1 : 2];
    if (prior === undefined || !isLater(from, prior.replaceAll('\\', '').replace(/^["']|["']$/g, '')))
      return false;
  }
  return true;
}

function isLater(version: string, than: string): boolean {
  const [a, b] = [deb.parse(version), deb.parse(than)];
  return a !== undefined && b !== undefined && deb.compare(a, b) > 0;
}

function failedCheck(
  checks: readonly StateCheck[],
  upgrade: Upgrade,
  judging: ScriptJudging,
): string | undefined {
  // Nothing of the following was ever done in an image where scripts never ran.
  if (judging.database.kind === 'distroless') return undefined;
  for (const check of checks) {
    const failed = failureOf(check, upgrade, judging);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function failureOf(
  check: StateCheck,
  upgrade: Upgrade,
  { root, database, md5Of }: ScriptJudging,
): string | undefined {
  if ('present' in check)
    return (root.resolve(check.present) ?? root.entry(check.present))
      ? undefined
      : `/${check.present} is missing`;
  if ('absent' in check) return root.entry(check.absent) ? `/${check.absent} is there` : undefined;
  if ('user' in check)
    return database.accounts.users.has(check.user) ? undefined : `there is no user ${check.user}`;
  if ('group' in check)
    return database.accounts.groups.has(check.group) ? undefined : `there is no group ${check.group}`;
  if ('from' in check) {
    const isOlder = isLater(check.from, upgrade.installed.version);
    return isOlder ? `${upgrade.installed.version} is before ${check.from}` : undefined;
  }
  const brought = upgrade.file.payload.find(({ path }) => path === check.unchanged)?.content;
  const wanted = brought && createHash('md5').update(brought).digest('hex');
  return wanted === md5Of(check.unchanged) ? undefined : `/${check.unchanged} changes`;
}

/** Files whose sums the checks of these rules need. */
export function filesToCheck(rules: Iterable<ScriptRule>): string[] {
  return [...rules].flatMap(({ checks = [] }) =>
    checks.flatMap((check) => ('unchanged' in check ? [check.unchanged] : [])),
  );
}
