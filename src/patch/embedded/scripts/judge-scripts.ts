import { textOf } from '../database/installed.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import { templateOf } from './catalogue/templates.ts';
import { firstUnknownCommand } from './first-unknown-command.ts';
import { normaliseScript, scriptKey } from './normalise-script.ts';
import type { Emulation, ScriptRule, StateCheck } from './script-rule.ts';
import { failedCheck, isLater, type CheckedState } from './state-check.ts';

/** `catalogued`: what is not known is refused. `equal`: it may pass where both versions have the same. */
export type ScriptPolicy = 'catalogued' | 'equal';

/** By name of the package and key of the script. Releases may share a script and differ in what must hold. */
export type ScriptRules = ReadonlyMap<string, readonly ScriptRule[]>;

export interface ScriptJudging extends CheckedState {
  readonly policy: ScriptPolicy;
  readonly rules: ScriptRules;
}

export interface ScriptJudgement {
  /** Why not, for people. */
  readonly refusal?: string;
  readonly emulations: ReadonlySet<Emulation>;
  /** What is known of the scripts that would run. */
  readonly rules: readonly ScriptRule[];
  /** Scripts that nobody has read and that pass because they are the same as before. */
  readonly unread: readonly string[];
}

/** What dpkg would run on the way: of the old version and of the new one. */
const RUN = [
  ['prerm', 'old'],
  ['preinst', 'new'],
  ['postrm', 'old'],
  ['postinst', 'new'],
] as const;

/** How rules are found. */
export function ruleKey(packageName: string, key: string): string {
  return `${packageName} ${key}`;
}

/** Whether leaving out a package's scripts changes nothing, or nothing that is not done in another way. */
export function judgeScripts(upgrade: Upgrade, judging: ScriptJudging): ScriptJudgement {
  const found: ScriptRule[] = [];
  const unread: string[] = [];
  const judgement = (refusal?: string): ScriptJudgement => ({
    emulations: new Set(found.flatMap(({ emulation }) => emulation ?? [])),
    rules: found,
    unread,
    ...(refusal !== undefined && { refusal }),
  });
  for (const [kind, side] of RUN) {
    const text = scriptOf(upgrade, kind, side, judging);
    if (text === undefined) continue;
    const label = `${upgrade.installed.name} ${kind}`;
    const rules = rulesFor(text, upgrade, side, judging);
    const areGuardsPassed = passesGuards(text, upgrade.installed.version);
    if (rules.length === 0) {
      const mayPass = judging.policy === 'equal' && areGuardsPassed && isSameAsBefore(upgrade, kind, judging);
      if (!mayPass) return judgement(`${label} is not known${commandNote(text)}`);
      unread.push(kind);
      continue;
    }
    const failures = rules.map(({ checks = [] }) => failedCheck(checks, upgrade, judging));
    const holding = rules[failures.indexOf(undefined)];
    if (!holding) return judgement(`${label} would act here: ${failures[0] ?? ''}`);
    found.push(holding);
    if (!areGuardsPassed)
      return judgement(`${label} would move files of versions before ${upgrade.installed.version}`);
  }
  return judgement();
}

function rulesFor(
  text: string,
  upgrade: Upgrade,
  side: 'old' | 'new',
  { rules }: ScriptJudging,
): readonly ScriptRule[] {
  const owner = { name: upgrade.installed.name, version: versionOf(upgrade, side) };
  const known = rules.get(ruleKey(owner.name, scriptKey(text, owner)));
  if (known) return known;
  const template = templateOf(normaliseScript(text, owner));
  return template ? [template.rule] : [];
}

function commandNote(text: string): string {
  const command = firstUnknownCommand(text);
  return command === undefined ? '' : `; its first unknown command is ${command}`;
}

function isSameAsBefore(upgrade: Upgrade, kind: string, judging: ScriptJudging): boolean {
  const keys = (['old', 'new'] as const).map((side) => {
    const text = scriptOf(upgrade, kind, side, judging);
    const owner = { name: upgrade.installed.name, version: versionOf(upgrade, side) };
    return text === undefined ? undefined : scriptKey(text, owner);
  });
  return keys[0] !== undefined && keys[0] === keys[1];
}

function versionOf({ installed, file }: Upgrade, side: 'old' | 'new'): string {
  return side === 'old' ? installed.version : (file.control.values.get('version') ?? '');
}

function scriptOf(
  { installed, file }: Upgrade,
  kind: string,
  side: 'old' | 'new',
  { database }: ScriptJudging,
): string | undefined {
  const isOld = side === 'old';
  if (isOld && database.kind !== 'dpkg') return undefined;
  const content = isOld ? database.info.get(`${installed.infoName}.${kind}`) : file.info.get(kind)?.content;
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

/** Files whose sums the checks of these rules need. */
export function filesToCheck(rules: Iterable<ScriptRule>): string[] {
  return [...rules].flatMap(({ checks = [] }) =>
    checks.flatMap((check: StateCheck) => ('unchanged' in check ? [check.unchanged] : [])),
  );
}
