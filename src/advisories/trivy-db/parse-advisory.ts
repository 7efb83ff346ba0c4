import type { Advisory, AdvisoryStatus, DataSource, VersionRange } from '../../model/advisory.ts';
import { parseConstraints } from './constraints.ts';
import {
  fieldOf,
  integerField,
  integersField,
  objectsField,
  parseObject,
  severityOf,
  textField,
  textsField,
  type JsonFields,
} from './json-value.ts';

const STATUSES: readonly AdvisoryStatus[] = [
  'unknown',
  'not_affected',
  'affected',
  'fixed',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
];

/** Severities of Red Hat are by entry and are all its own. */
const RED_HAT = 'redhat';

/**
 * Advisories of one value, stored under a vulnerability's id in a package's bucket. There are several where fixes
 * differ by architecture (Oracle, Rocky).
 *
 * @throws DrydockError DATABASE_CORRUPT
 */
export function parseAdvisories(
  id: string,
  value: Uint8Array,
  source: DataSource | undefined,
  of: string,
): Advisory[] {
  const fields = parseObject(value, of);
  const entries = objectsField(fields, 'Entries', of);
  // Beside entries the outer fixed version is for old readers, and stands for nothing.
  const parts = entries.length > 0 ? entries : [fields];
  const outerIds = textsField(fields, 'VendorIDs', of);
  return parts.map((part) => {
    const vendorIds = textsField(part, 'VendorIDs', of);
    const architectures = textsField(part, 'Arches', of);
    const patched = textsField(part, 'PatchedVersions', of).filter(Boolean);
    const severity = integerField(part, 'Severity', of);
    return {
      id,
      vendorIds: vendorIds.length > 0 ? vendorIds : outerIds,
      ...(source && { source }),
      affected: rangesOf(part, of),
      status: statusOf(part, of),
      ...(severity > 0 && { severity: severityOf(severity) }),
      ...(severity > 0 && source && { severitySource: source.baseId ?? source.id }),
      ...(architectures.length > 0 && { architectures }),
      ...(patched.length > 0 && { patchedVersions: patched }),
    };
  });
}

/**
 * Advisories of one of Red Hat's values, which holds an entry for each set of products.
 * @param key an announcement's id, whose entries name their CVEs; or a CVE's, for what has no fix
 * @param products indices of those that count
 *
 * @throws DrydockError DATABASE_CORRUPT
 */
export function parseRedHatAdvisories(
  key: string,
  value: Uint8Array,
  products: ReadonlySet<number>,
  of: string,
): Advisory[] {
  const entries = objectsField(parseObject(value, of), 'Entries', of);
  const isUnpatched = key.startsWith('CVE-');
  return entries.flatMap((entry) => {
    if (!integersField(entry, 'Affected', of).some((index) => products.has(index))) return [];
    const architectures = textsField(entry, 'Arches', of);
    return objectsField(entry, 'Cves', of).map((cve) => ({
      id: isUnpatched ? key : textField(cve, 'ID', of) || key,
      vendorIds: isUnpatched ? [] : [key],
      affected: rangesOf(entry, of),
      status: statusOf(entry, of),
      severity: severityOf(fieldOf(cve, 'Severity')),
      severitySource: RED_HAT,
      ...(architectures.length > 0 && { architectures }),
    }));
  });
}

export function statusOf(fields: JsonFields, of: string): AdvisoryStatus {
  return STATUSES[integerField(fields, 'Status', of)] ?? 'unknown';
}

/** Without a fixed version all are affected, from the first affected one on where that is known. */
function rangesOf(fields: JsonFields, of: string): readonly VersionRange[] {
  const vulnerable = textsField(fields, 'VulnerableVersions', of);
  if (vulnerable.length > 0) return vulnerable.flatMap((text) => parseConstraints(text) ?? unreadable(text));
  const fixed = textField(fields, 'FixedVersion', of);
  const introduced = textField(fields, 'AffectedVersion', of);
  return [{ ...(introduced !== '' && { introduced }), ...(fixed !== '' && { fixed }) }];
}

/** No version of any scheme holds a space: whoever compares with it leaves this one advisory out and says so. */
function unreadable(text: string): readonly VersionRange[] {
  return [{ fixed: `? ${text.slice(0, 100)}` }];
}
