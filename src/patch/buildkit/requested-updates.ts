import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { NamedUpdate, UnfixedFinding, UnfixedReason } from '../../model/patch.ts';
import { apk } from '../../versions/apk.ts';
import { deb } from '../../versions/deb.ts';
import { rpm } from '../../versions/rpm.ts';
import { compareText, type AnyVersionScheme } from '../../versions/scheme.ts';
import type { FindingFilter } from '../plan/select-findings.ts';

export interface RequestedUpdates {
  /** In order of names. */
  readonly updates: readonly NamedUpdate[];
  readonly unfixed: readonly UnfixedFinding[];
}

const SCHEMES: Readonly<Record<NamedUpdate['type'], AnyVersionScheme>> = {
  deb: deb,
  apk: apk,
  rpm: rpm,
};

/**
 * What an engine that asks the package manager of the image is to be asked for: of each package the highest version that
 * one of its findings names. Which version it gets is the archive's matter.
 */
export function requestedUpdates(
  findings: readonly VulnerabilityFinding[],
  filter: FindingFilter,
): RequestedUpdates {
  const updates = new Map<string, NamedUpdate>();
  const unfixed: UnfixedFinding[] = [];
  for (const finding of findings) {
    const { name, version, architecture = '', source } = finding.package;
    const type = systemType(finding);
    const to = type && highest(finding.fixedVersion, SCHEMES[type]);
    const reason = reasonAgainst(finding, type, to, filter, source?.name ?? name);
    if (reason !== undefined || type === undefined || to === undefined) {
      unfixed.push({ finding, reason: reason ?? 'no-fix', detail: finding.fixedVersion ?? finding.status });
      continue;
    }
    const key = `${name} ${architecture}`;
    const known = updates.get(key);
    const isHigher = known !== undefined && (compareText(SCHEMES[type], known.to, to) ?? 0) > 0;
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

function systemType({
  package: { type, application },
}: VulnerabilityFinding): NamedUpdate['type'] | undefined {
  if (application !== undefined) return undefined;
  return type === 'deb' || type === 'apk' || type === 'rpm' ? type : undefined;
}

function highest(text: string | undefined, scheme: AnyVersionScheme): string | undefined {
  const all = (text ?? '').split(',').map((part) => part.trim());
  return all
    .filter((part) => scheme.parse(part) !== undefined)
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
