import { createHash } from 'node:crypto';
import { packageUrl } from '../../codec/purl.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { Report, SuppressedFinding } from '../../model/report.ts';
import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { packageUrlOf } from '../package-identity.ts';
import { vulnerabilitiesOf } from '../results.ts';

/**
 * An OpenVEX document: what was found stands as affected, or as under investigation where nobody has judged it yet;
 * what an ignore rule or another VEX document speaks for stands with its reason. To be edited and given back by
 * `--vex`.
 *
 * @see https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export const openvexFormat: ReportFormat = {
  id: 'openvex',
  mediaType: 'application/json',
  *encode(report) {
    const statements = [
      ...vulnerabilitiesOf(report.findings).map((finding) => found(finding, report)),
      ...(report.suppressed ?? []).flatMap((one) => settled(one, report)),
    ];
    const id = createHash('sha256')
      .update(JSON.stringify([report.image.digest, statements]))
      .digest('hex');
    yield* jsonPieces({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      '@id': `https://openvex.dev/docs/drydock/vex-${id}`,
      author: report.engine,
      timestamp: report.scannedAt,
      version: 1,
      statements,
    });
    yield '\n';
  },
};

function found(finding: VulnerabilityFinding, report: Report): unknown {
  const { status, fixedVersion } = finding;
  if (status === 'under_investigation')
    return { ...subjectOf(finding, report), status: 'under_investigation' };
  const action =
    fixedVersion === undefined
      ? 'No version that mends it is known.'
      : `Update ${finding.package.name} to ${fixedVersion}.`;
  return { ...subjectOf(finding, report), status: 'affected', action_statement: action };
}

function settled(
  { finding, status, statement, justification, source }: SuppressedFinding,
  report: Report,
): unknown[] {
  if (finding.kind !== 'vulnerability') return [];
  const subject = subjectOf(finding, report);
  if (status === 'fixed') return [{ ...subject, status: 'fixed' }];
  return [
    {
      ...subject,
      status: 'not_affected',
      justification,
      impact_statement: statement ?? (justification ? undefined : `Left out by ${source}.`),
    },
  ];
}

function subjectOf(finding: VulnerabilityFinding, report: Report): object {
  const part = packageUrlOf(finding.package, report.os);
  const whole = imageUrl(report.image);
  return {
    vulnerability: { name: finding.id },
    products: [whole === undefined ? { '@id': part } : { '@id': whole, subcomponents: [{ '@id': part }] }],
  };
}

/** @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst, oci */
function imageUrl({ kind, reference, digest, platform }: Image): string | undefined {
  if (kind !== 'image' || !reference) return undefined;
  const { registry, repository } = reference;
  return packageUrl({
    type: 'oci',
    name: repository.split('/').at(-1) ?? repository,
    version: digest,
    qualifiers: { repository_url: `${registry}/${repository}`, arch: platform.architecture },
  });
}
