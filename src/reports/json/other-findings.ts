import type { LicenseFinding, MisconfigurationFinding, SecretFinding } from '../../model/finding.ts';
import { filePathOf, jsonLayer } from './context.ts';

export function jsonSecret(secret: SecretFinding): unknown {
  const firstCause = secret.code.findIndex(({ isCause }) => isCause);
  const lastCause = secret.code.findLastIndex(({ isCause }) => isCause);
  return {
    RuleID: secret.ruleId,
    Category: secret.category,
    Severity: secret.severity,
    Title: secret.title,
    StartLine: secret.startLine,
    EndLine: secret.endLine,
    Code: {
      Lines: secret.code.map(({ number, text, isCause }, index) => ({
        Number: number,
        Content: text,
        IsCause: isCause,
        Annotation: '',
        Truncated: false,
        Highlighted: text,
        FirstCause: index === firstCause,
        LastCause: index === lastCause,
      })),
    },
    Match: secret.match,
    Layer: jsonLayer(secret.layer),
    Deleted: secret.isDeleted,
  };
}

/** Nothing is left out, as Trivy does. */
export function jsonLicense(license: LicenseFinding): unknown {
  return {
    Severity: license.severity,
    Category: license.category,
    PkgName: license.package?.name ?? '',
    FilePath: license.path ?? (license.package && filePathOf(license.package)) ?? '',
    Name: license.name,
    Text: '',
    Confidence: license.confidence,
    Link: license.link ?? '',
  };
}

export function jsonMisconfiguration(found: MisconfigurationFinding): unknown {
  return {
    Type: found.subject === 'file' ? 'Filesystem Check' : 'Image Config Check',
    ID: found.ruleId,
    Title: found.title,
    Description: found.description,
    Message: found.message,
    Resolution: found.resolution,
    Severity: found.severity,
    PrimaryURL: found.references[0],
    References: found.references.length > 0 ? found.references : undefined,
    Status: 'FAIL',
    Layer: jsonLayer(found.layer),
    CauseMetadata: { Provider: 'Drydock', Service: found.subject },
  };
}
