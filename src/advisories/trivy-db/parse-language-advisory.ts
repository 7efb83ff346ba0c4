import type { Advisory, DataSource } from '../../model/advisory.ts';
import { integerField, parseObject, severityOf, textsField } from './json-value.ts';
import { statusOf } from './parse-advisory.ts';

/**
 * An advisory of a language's ecosystem, which tells ranges in the ecosystem's own notation.
 *
 * @throws DrydockError DATABASE_CORRUPT
 */
export function parseLanguageAdvisory(
  id: string,
  value: Uint8Array,
  source: DataSource | undefined,
  of: string,
): Advisory {
  const fields = parseObject(value, of);
  const vulnerable = textsField(fields, 'VulnerableVersions', of);
  const patched = textsField(fields, 'PatchedVersions', of);
  const unaffected = textsField(fields, 'UnaffectedVersions', of);
  const severity = integerField(fields, 'Severity', of);
  const fixes = patched.length > 0 ? patched : vulnerable.flatMap(upperEnds);
  return {
    id,
    vendorIds: textsField(fields, 'VendorIDs', of),
    ...(source && { source }),
    affected: [],
    constraints: { vulnerable, patched, unaffected },
    patchedVersions: [...new Set(fixes)].filter(Boolean),
    status: statusOf(fields, of),
    ...(severity > 0 && { severity: severityOf(severity) }),
    ...(severity > 0 && source && { severitySource: source.baseId ?? source.id }),
  };
}

/** A range without its upper end (`<1.2`, not `<=1.2`) ends with the first version that is mended. */
function upperEnds(range: string): string[] {
  return range.split(',').flatMap((term) => {
    const text = term.trim();
    return text.startsWith('<') && !text.startsWith('<=') ? [text.slice(1).trim()] : [];
  });
}
