import { clone } from '@bufbuild/protobuf';
import type { Severity as ModelSeverity } from '../model/advisory.ts';
import type { LicenseCategory as ModelCategory } from '../model/finding.ts';
import { AGGREGATED_TARGETS } from './application-types.ts';
import type { MergedBlobs, Placed } from './merge-blobs.ts';
import {
  CustomResourceSchema,
  DetectedLicenseSchema,
  DetectedMisconfigurationSchema,
  LicenseCategory_Enum,
  Severity,
  type DetectedLicense,
  type DetectedMisconfiguration,
  type Layer,
  type Misconfiguration,
  type MisconfResult,
} from './messages/common.ts';
import { ResultSchema, type Result } from './messages/scanner.ts';
import type { ScanSubject, Subject } from './scan-subject.ts';
import { newMessage } from './wire.ts';

/** Says how bad a licence is. */
export type LicenseJudge = (name: string) => {
  readonly category: ModelCategory;
  readonly severity: ModelSeverity;
};

export function misconfigurationResults({ misconfigurations }: MergedBlobs): Result[] {
  return misconfigurations
    .map(({ item, layer }) =>
      newMessage(ResultSchema, {
        target: item.filePath,
        class: 'config',
        type: item.fileType,
        misconfigurations: detectedIn(item, layer),
      }),
    )
    .sort(byTarget);
}

function detectedIn(
  { failures, warnings, successes }: Misconfiguration,
  layer: Layer,
): DetectedMisconfiguration[] {
  return [
    ...failures.map((each) => toDetected(each, Severity.CRITICAL, 'FAIL', layer)),
    ...warnings.map((each) => toDetected(each, Severity.MEDIUM, 'FAIL', layer)),
    ...successes.map((each) => toDetected(each, Severity.UNKNOWN, 'PASS', layer)),
  ];
}

/** Namespaces of checks that Trivy brings along, which have pages of their own. */
const BUILT_IN = ['builtin', 'defsec', 'appshield'];

function toDetected(
  result: MisconfResult,
  usual: Severity,
  status: string,
  layer: Layer,
): DetectedMisconfiguration {
  const { policyMetadata: policy, causeMetadata, namespace } = result;
  const isBuiltIn = namespace === '' || BUILT_IN.includes(namespace.split('.')[0] ?? '');
  const page = isBuiltIn
    ? `https://avd.aquasec.com/misconfig/${(policy?.id ?? '').toLowerCase()}`
    : undefined;
  const references = [...(policy?.references ?? []), ...(page ? [page] : [])];
  return newMessage(DetectedMisconfigurationSchema, {
    type: policy?.type ?? '',
    id: policy?.id ?? '',
    avdId: policy?.advId ?? '',
    title: policy?.title ?? '',
    description: policy?.description ?? '',
    message: result.message.trim() || 'No issues found',
    namespace,
    query: result.query,
    resolution: policy?.recommendedActions ?? '',
    severity: severityOf(policy?.severity) ?? usual,
    primaryUrl: page ?? references[0] ?? '',
    references,
    aliases: [...(policy?.aliases ?? [])],
    status,
    layer,
    ...(causeMetadata && { causeMetadata }),
  });
}

function severityOf(name = ''): Severity | undefined {
  return Object.hasOwn(Severity, name) ? Severity[name as ModelSeverity] : undefined;
}

export function secretResults({ secrets }: MergedBlobs): Result[] {
  return secrets
    .map(({ filepath, findings }) =>
      newMessage(ResultSchema, { target: filepath, class: 'secret', secrets: findings }),
    )
    .sort(byTarget);
}

/** How licences are told. */
export interface LicenseParts {
  readonly judge: LicenseJudge;
  /** Also those of files that belong to no package. */
  readonly tellsFiles: boolean;
  /** Which is told of no places of packages. */
  readonly isOldClient: boolean;
}

export function licenseResults(
  { packages, applications }: ScanSubject,
  { licenses }: MergedBlobs,
  { judge, tellsFiles, isOldClient }: LicenseParts,
): Result[] {
  const result = (target: string, found: DetectedLicense[], kind = 'license'): Result =>
    newMessage(ResultSchema, { target, class: kind, licenses: found });
  const files = licenses.flatMap(({ item }) =>
    item.fingings.map(({ name, confidence, link }) =>
      toLicense(name, judge, { filePath: item.filePath, confidence, link }),
    ),
  );
  return [
    result(
      'OS Packages',
      packages.flatMap((subject) => licensesOf(subject, '', judge)),
    ),
    ...applications.map(({ type, filePath, subjects }) =>
      result(
        filePath || (AGGREGATED_TARGETS.get(type) ?? ''),
        subjects.flatMap((subject) =>
          licensesOf(
            subject,
            isOldClient ? '' : subject.merged.pkg.filePath || subject.applicationPath,
            judge,
          ),
        ),
      ),
    ),
    ...(tellsFiles ? [result('Loose File License(s)', files, 'license-file')] : []),
  ];
}

function licensesOf({ merged }: Subject, filePath: string, judge: LicenseJudge): DetectedLicense[] {
  const { pkg, licenses } = merged;
  return licenses.map((name) => toLicense(name, judge, { pkgName: pkg.name, filePath, confidence: 1 }));
}

function toLicense(
  name: string,
  judge: LicenseJudge,
  fields: { pkgName?: string; filePath: string; confidence: number; link?: string },
): DetectedLicense {
  const { category, severity } = judge(name);
  const categoryName = category.toUpperCase() as Uppercase<ModelCategory>;
  return newMessage(DetectedLicenseSchema, {
    ...fields,
    name,
    category: LicenseCategory_Enum[categoryName],
    severity: Severity[severity],
  });
}

export function customResults({ customResources }: MergedBlobs): Result[] {
  if (customResources.length === 0) return [];
  return [newMessage(ResultSchema, { class: 'custom', customResources: customResources.map(withLayer) })];
}

function withLayer({ item, layer }: Placed<MergedBlobs['customResources'][number]['item']>) {
  const own = clone(CustomResourceSchema, item);
  own.layer = layer;
  return own;
}

export function byTarget(a: Result, b: Result): number {
  return a.target < b.target ? -1 : a.target > b.target ? 1 : 0;
}
