import type { VulnerabilityFinding } from '../../model/finding.ts';
import { isObject, objectsOf, textOf, toFinding, type JsonObject } from './shape.ts';

/** A report of a Harbor scanner, or what Harbor's own API wraps around it: an object by media type. */
export function isHarbor(json: unknown): json is JsonObject {
  return reportOf(json) !== undefined;
}

export function harborFindings(json: JsonObject): readonly VulnerabilityFinding[] {
  return objectsOf(reportOf(json)?.['vulnerabilities']).flatMap((told) => {
    const finding = toFinding({
      id: textOf(told['id']),
      packageName: textOf(told['package']),
      installedVersion: textOf(told['version']),
      fixedVersion: textOf(told['fix_version']),
      severity: textOf(told['severity']),
      // Harbor does not say of what kind a package is: what dpkg does not know is told as such later.
      isSystem: true,
    });
    return finding ?? [];
  });
}

const MEDIA_TYPE =
  /^application\/vnd\.(?:scanner\.adapter\.vuln\.report\.harbor|security\.vulnerability\.report)\b/;

function reportOf(json: unknown): JsonObject | undefined {
  if (!isObject(json)) return undefined;
  if (isReport(json)) return json;
  const wrapped = Object.entries(json).find(([type]) => MEDIA_TYPE.test(type))?.[1];
  return isReport(wrapped) ? wrapped : undefined;
}

function isReport(value: unknown): value is JsonObject {
  return isObject(value) && 'scanner' in value && ('vulnerabilities' in value || 'generated_at' in value);
}
