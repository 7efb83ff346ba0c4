import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { NamedUpdate, UnfixedFinding, UnfixedReason } from '../../model/patch.ts';
import { compareText, type AnyVersionScheme } from '../../versions/scheme.ts';
import type { FindingFilter } from '../plan/select-findings.ts';
import { SYSTEM_SCHEMES } from './system-schemes.ts';

export interface RequestedUpdates {
  /** In order of names. */
  readonly updates: readonly NamedUpdate[];
  readonly unfixed: readonly UnfixedFinding[];
}

/**
 * The engine puts names into commands for a shell, and package managers take some at their end for orders (`name-` is
 * removed). Reports and databases of images may hold anything.
 */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?<!-)$/;
const VERSION = /^[A-Za-z0-9.+:~^_-]+$/;

/**
 * What an engine that asks the package manager of the image is to be asked for: of each package the highest version that
 * one of its findings names. Which version it gets is the archive's matter.
 *
 * @param systemType of the image's packages, which reports of others do not tell apart
 */
export function requestedUpdates(
  findings: readonly VulnerabilityFinding[],
  filter: FindingFilter,
  systemType?: NamedUpdate['type'],
): RequestedUpdates {
  const updates = new Map<string, NamedUpdate>();
  const unfixed: UnfixedFinding[] = [];
  for (const finding of findings) {
    const { name, version, architecture = '', source } = finding.package;
    const own = ownType(finding);
    const type = own && (systemType ?? own);
    const to = type && highest(finding.fixedVersion, SYSTEM_SCHEMES[type]);
    const reason = reasonAgainst(finding, type, to, filter, source?.name ?? name);
    if (reason !== undefined || type === undefined || to === undefined) {
      unfixed.push({ finding, reason: reason ?? 'no-fix', detail: finding.fixedVersion ?? finding.status });
      continue;
    }
    const key = `${name} ${architecture}`;
    const known = updates.get(key);
    const isHigher = known !== undefined && (compareText(SYSTEM_SCHEMES[type], known.to, to) ?? 0) > 0;
    updates.set(key, {
      type,
      name,
      architecture,
      from: version,
      to: known !== undefined && isHigher ? known.to : to,
      fixes: [...new Set([...(known?.fixes ?? []), finding.id])].sort(),
    });
  }
  return { updates: [...updates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each), unfixed };
}

function ownType({
  package: { name, type, application },
}: VulnerabilityFinding): NamedUpdate['type'] | undefined {
  if (application !== undefined || !NAME.test(name)) return undefined;
  return type === 'deb' || type === 'apk' || type === 'rpm' ? type : undefined;
}

function highest(text: string | undefined, scheme: AnyVersionScheme): string | undefined {
  const all = (text ?? '').split(',').map((part) => part.trim());
  return all
    .filter((part) => VERSION.test(part) && scheme.parse(part) !== undefined)
    .sort((a, b) => compareText(scheme, a, b) ?? 0)
    .at(-1);
}

function reasonAgainst(
  { id, severity, package: { name } }: VulnerabilityFinding,
  type: NamedUpdate['type'] | undefined,
  to: string | undefined,
  { severities = [], ids = [], only = [], ignore = [] }: FindingFilter,
  source: string,
): UnfixedReason | undefined {
  if (type === undefined) return 'not-a-system-package';
  if (to === undefined) return 'no-fix';
  const isSelected =
    (severities.length === 0 || severities.includes(severity)) &&
    (ids.length === 0 || ids.includes(id)) &&
    (only.length === 0 || only.includes(name) || only.includes(source)) &&
    !ignore.includes(id);
  return isSelected ? undefined : 'not-selected';
}
