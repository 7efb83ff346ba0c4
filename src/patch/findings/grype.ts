import type { VulnerabilityFinding } from '../../model/finding.ts';
import { isObject, objectOf, objectsOf, textOf, textsOf, toFinding, type JsonObject } from './shape.ts';

const SYSTEM_TYPES: ReadonlySet<string> = new Set(['deb', 'rpm', 'apk']);

/** `grype IMAGE -o json`. */
export function isGrype(json: unknown): json is JsonObject {
  return isObject(json) && Array.isArray(json['matches']);
}

export function grypeFindings(json: JsonObject): readonly VulnerabilityFinding[] {
  return objectsOf(json['matches']).flatMap((match) => {
    const vulnerability = objectOf(match['vulnerability']);
    const artifact = objectOf(match['artifact']);
    const fix = objectOf(vulnerability['fix']);
    const versions = fix['state'] === 'fixed' ? textsOf(fix['versions']) : [];
    const metadata = objectOf(artifact['metadata']);
    const finding = toFinding({
      id: textOf(vulnerability['id']),
      packageName: textOf(artifact['name']),
      installedVersion: textOf(artifact['version']),
      fixedVersion: versions.length > 0 ? versions.join(', ') : undefined,
      severity: textOf(vulnerability['severity']),
      isSystem: SYSTEM_TYPES.has(textOf(artifact['type']) ?? ''),
      architecture: textOf(metadata['architecture']),
    });
    return finding ?? [];
  });
}
