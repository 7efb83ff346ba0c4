import type { Advisory, Severity, Vulnerability } from '../model/advisory.ts';

export interface ChosenSeverity {
  readonly severity: Severity;
  /** Absent for the one on which the database has settled by itself. */
  readonly severitySource?: string;
}

/**
 * The severity that counts.
 * @param sources in order of preference: names of sources, or `auto` for what fits the advisory best
 */
export function chooseSeverity(
  advisory: Advisory,
  vulnerability: Vulnerability | undefined,
  sources: readonly string[],
): ChosenSeverity {
  for (const source of sources) {
    const chosen =
      source === 'auto' ? automatic(advisory, vulnerability) : of(source, advisory, vulnerability);
    if (chosen) return chosen;
  }
  return { severity: 'UNKNOWN' };
}

/** The severities by source, with that which an advisory has for its very package. */
export function withOwnSeverity(
  vulnerability: Vulnerability,
  { severity, severitySource }: Advisory,
): Vulnerability {
  if (severity === undefined || severitySource === undefined) return vulnerability;
  const severityBySource = Object.assign(
    Object.create(null) as Record<string, Severity>,
    vulnerability.severityBySource,
    {
      [severitySource]: severity,
    },
  );
  return { ...vulnerability, severityBySource };
}

/** The vendor's word for this package, his word for the vulnerability, GitHub's for its own ids, NVD's, anybody's. */
function automatic(advisory: Advisory, vulnerability: Vulnerability | undefined): ChosenSeverity | undefined {
  const { id, source, severity, severitySource } = advisory;
  if (severity !== undefined && severitySource !== undefined) return { severity, severitySource };
  const order = [source?.baseId ?? source?.id, ...(id.startsWith('GHSA-') ? ['ghsa'] : []), 'nvd'];
  for (const name of order) {
    const chosen = name === undefined ? undefined : of(name, advisory, vulnerability);
    if (chosen) return chosen;
  }
  return vulnerability?.severity && { severity: vulnerability.severity };
}

function of(
  name: string,
  advisory: Advisory,
  vulnerability: Vulnerability | undefined,
): ChosenSeverity | undefined {
  if (advisory.severitySource === name && advisory.severity !== undefined) {
    return { severity: advisory.severity, severitySource: name };
  }
  const bySource = vulnerability?.severityBySource ?? {};
  const severity = Object.hasOwn(bySource, name) ? bySource[name] : undefined;
  return severity && { severity, severitySource: name };
}
