import type { Severity } from '../../model/advisory.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['negligible', 'LOW'],
  ['low', 'LOW'],
  ['medium', 'MEDIUM'],
  ['moderate', 'MEDIUM'],
  ['high', 'HIGH'],
  ['critical', 'CRITICAL'],
]);

/** What a report of another program tells of one finding. */
export interface ToldFinding {
  readonly id: string | undefined;
  readonly packageName: string | undefined;
  readonly installedVersion: string | undefined;
  readonly fixedVersion: string | undefined;
  readonly severity: string | undefined;
  /** Whether a package of the operating system is meant. */
  readonly isSystem: boolean;
  readonly architecture?: string | undefined;
}

/** Undefined for one that does not say what it is about. */
export function toFinding(told: ToldFinding): VulnerabilityFinding | undefined {
  const { id, packageName, installedVersion = '', fixedVersion, isSystem, architecture } = told;
  if (id === undefined || packageName === undefined) return undefined;
  const severity = SEVERITIES.get(told.severity?.toLowerCase() ?? '') ?? 'UNKNOWN';
  return {
    kind: 'vulnerability',
    id,
    package: {
      type: isSystem ? 'deb' : 'generic',
      name: packageName,
      version: installedVersion,
      ...(architecture !== undefined && { architecture }),
      licenses: [],
      paths: [],
      ...(!isSystem && { application: 'sbom' as const }),
    },
    installedVersion,
    ...(fixedVersion !== undefined && { fixedVersion }),
    status: fixedVersion === undefined ? 'affected' : 'fixed',
    severity,
    vendorIds: [],
    vulnerability: { id, severityBySource: {}, cvssBySource: {}, cwes: [], references: [] },
  };
}
