import { toDigest } from '../../base/digest.ts';
import { parsePackageUrl } from '../../codec/purl.ts';
import type { AdvisoryStatus, Cvss, Severity, Vulnerability } from '../../model/advisory.ts';
import type {
  Finding,
  FoundIn,
  LicenseFinding,
  MisconfigurationFinding,
  SecretFinding,
  VulnerabilityFinding,
} from '../../model/finding.ts';
import type { ApplicationType, Package, PackageType } from '../../model/package.ts';
import { packageId } from '../package-identity.ts';
import { membersOf, type Members } from './members.ts';
import { openPackageNames, type PackageNames } from './package-names.ts';

interface ReadResults {
  readonly packages: readonly Package[];
  readonly findings: readonly Finding[];
}

/** `Results` of a report; packages that are told only with their vulnerabilities are among its packages, too. */
export function readResults(results: readonly Members[]): ReadResults {
  const packages = new Map<string, Package>();
  const byName = openPackageNames();
  const findings: Finding[] = [];
  const note = (pkg: Package): Package => {
    packages.set(keyOf(pkg), pkg);
    byName.add(pkg);
    return pkg;
  };
  for (const result of results) {
    const place: Place = {
      target: result.text('Target') ?? '',
      application: result.text('Class') === 'lang-pkgs' ? applicationOf(result.text('Type')) : undefined,
      family: result.text('Type'),
    };
    for (const told of result.objects('Packages')) {
      const pkg = readPackage(told, place);
      if (pkg) note(pkg);
    }
    const find = (pkg: Package): Package => packages.get(keyOf(pkg)) ?? note(pkg);
    for (const told of result.objects('Vulnerabilities')) {
      const finding = readVulnerability(told, place, find);
      if (finding) findings.push(finding);
    }
    for (const told of result.objects('Misconfigurations')) {
      const finding = readMisconfiguration(told, place);
      if (finding) findings.push(finding);
    }
    for (const told of result.objects('Secrets')) findings.push(readSecret(told, place));
    for (const told of result.objects('Licenses')) findings.push(readLicense(told, place, byName));
  }
  return { packages: [...packages.values()], findings };
}

/** What a result says of all that is in it. */
interface Place {
  readonly target: string;
  readonly application: ApplicationType | undefined;
  /** Of the operating system, where it is no application. */
  readonly family: string | undefined;
}

function keyOf(pkg: Package): string {
  return [packageId(pkg), pkg.architecture, pkg.application, ...(pkg.application ? pkg.paths : [])].join(
    '\0',
  );
}

function applicationOf(type: string | undefined): ApplicationType {
  return (type ?? 'sbom') as ApplicationType;
}

const TYPE_OF_APPLICATION: ReadonlyMap<string, PackageType> = new Map<string, PackageType>([
  ...(['node-pkg', 'npm', 'yarn', 'pnpm', 'bun'] as const).map((name) => [name, 'npm'] as const),
  ...(['python-pkg', 'pip', 'pipenv', 'poetry', 'uv', 'pdm', 'pylock'] as const).map(
    (name) => [name, 'pypi'] as const,
  ),
  ...(['jar', 'pom', 'gradle', 'sbt'] as const).map((name) => [name, 'maven'] as const),
  ...(['gobinary', 'gomod'] as const).map((name) => [name, 'golang'] as const),
  ...(['rustbinary', 'cargo'] as const).map((name) => [name, 'cargo'] as const),
  ...(['gemspec', 'bundler'] as const).map((name) => [name, 'gem'] as const),
  ...(['composer', 'composer-vendor'] as const).map((name) => [name, 'composer'] as const),
  ...(['dotnet-core', 'nuget', 'packages-props'] as const).map((name) => [name, 'nuget'] as const),
  ...(['conda-pkg', 'conda-environment'] as const).map((name) => [name, 'conda'] as const),
]);

const TYPES: ReadonlySet<string> = new Set<PackageType>([
  ...(['apk', 'bitnami', 'bottlerocket', 'cargo', 'cocoapods', 'composer', 'conan', 'conda', 'deb'] as const),
  ...(['gem', 'generic', 'golang', 'hex', 'julia', 'maven', 'npm', 'nuget', 'pub', 'pypi', 'rpm'] as const),
  ...(['swift', 'wordpress'] as const),
]);

/** Families whose packages are not rpms. */
const TYPE_OF_FAMILY: ReadonlyMap<string, PackageType> = new Map<string, PackageType>([
  ...(['debian', 'ubuntu', 'echo'] as const).map((name) => [name, 'deb'] as const),
  ...(['alpine', 'wolfi', 'chainguard', 'minimos'] as const).map((name) => [name, 'apk'] as const),
  ['bottlerocket', 'bottlerocket'],
]);

/** Older reports tell of no package URLs. */
function typeOf(identifier: Members, { application, family }: Place): PackageType {
  const type = parsePackageUrl(identifier.text('PURL') ?? '')?.type;
  if (type !== undefined && TYPES.has(type)) return type as PackageType;
  if (application !== undefined) return TYPE_OF_APPLICATION.get(application) ?? 'generic';
  return TYPE_OF_FAMILY.get(family ?? '') ?? (family === undefined || family === 'none' ? 'generic' : 'rpm');
}

function readPackage(told: Members, place: Place): Package | undefined {
  const name = told.text('Name');
  if (name === undefined) return undefined;
  const type = typeOf(told.object('Identifier'), place);
  const [architecture, maintainer, modularityLabel, archiveDigest, relationship] = [
    told.text('Arch'),
    told.text('Maintainer'),
    told.text('Modularitylabel'),
    told.text('Digest'),
    told.text('Relationship'),
  ];
  const sourceName = told.text('SrcName');
  return {
    type,
    name,
    version: joinVersion(told.number('Epoch'), told.text('Version'), told.text('Release')),
    ...(architecture !== undefined && { architecture }),
    ...(sourceName !== undefined && {
      source: {
        name: sourceName,
        version: joinVersion(told.number('SrcEpoch'), told.text('SrcVersion'), told.text('SrcRelease')),
      },
    }),
    licenses: told.texts('Licenses'),
    ...(maintainer !== undefined && { maintainer }),
    ...(modularityLabel !== undefined && { modularityLabel }),
    ...dependencies(told),
    ...(archiveDigest !== undefined && { archiveDigest }),
    ...(place.application && { application: place.application }),
    ...(isRelationship(relationship) && { relationship }),
    ...(told.flag('Dev') && { development: true }),
    ...locations(told),
    ...redHatBuild(told.object('BuildInfo')),
    paths: pathsOf(told.text('FilePath'), place),
    ...foundIn(told.object('Layer')),
  };
}

function joinVersion(epoch: number | undefined, version = '', release: string | undefined): string {
  return `${epoch ? `${epoch}:` : ''}${version}${release === undefined ? '' : `-${release}`}`;
}

function isRelationship(text: string | undefined): text is NonNullable<Package['relationship']> {
  return text === 'root' || text === 'workspace' || text === 'direct' || text === 'indirect';
}

/** Packages of systems name others by their ids here, and by their names with us. */
function dependencies(told: Members): Pick<Package, 'dependsOn'> {
  const names = told.texts('DependsOn');
  if (names.length === 0) return {};
  const isOfSystem = told.text('SrcName') !== undefined;
  return { dependsOn: isOfSystem ? names.map((id) => id.slice(0, id.lastIndexOf('@')) || id) : names };
}

function locations(told: Members): Pick<Package, 'locations'> {
  const list = told.objects('Locations').map((location) => ({
    startLine: location.number('StartLine') ?? 0,
    endLine: location.number('EndLine') ?? 0,
  }));
  return list.length > 0 ? { locations: list } : {};
}

function redHatBuild(info: Members): Pick<Package, 'redHatBuild'> {
  const [contentSets, nvr, architecture] = [info.texts('ContentSets'), info.text('Nvr'), info.text('Arch')];
  if (contentSets.length === 0 && nvr === undefined) return {};
  return {
    redHatBuild: {
      contentSets,
      ...(nvr !== undefined && { nvr }),
      ...(architecture !== undefined && { architecture }),
    },
  };
}

/** Kinds that are told as one have a path with each package; of others the target is the path. */
function pathsOf(path: string | undefined, { target, application }: Place): string[] {
  if (path !== undefined) return [path];
  return application && /[/.]/.test(target) ? [target] : [];
}

function foundIn(layer: Members): { readonly layer?: FoundIn } {
  const diffId = toDigest(layer.text('DiffID'));
  return diffId ? { layer: { diffId, digest: toDigest(layer.text('Digest')) ?? diffId } } : {};
}

const SEVERITIES: readonly Severity[] = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

function severityOf(told: Members): Severity {
  return SEVERITIES.find((severity) => severity === told.text('Severity')) ?? 'UNKNOWN';
}

const STATUSES: readonly AdvisoryStatus[] = [
  ...(['unknown', 'not_affected', 'affected', 'fixed', 'under_investigation'] as const),
  ...(['will_not_fix', 'fix_deferred', 'end_of_life'] as const),
];

function readVulnerability(
  told: Members,
  place: Place,
  find: (pkg: Package) => Package,
): VulnerabilityFinding | undefined {
  const [id, name] = [told.text('VulnerabilityID'), told.text('PkgName')];
  if (id === undefined || name === undefined) return undefined;
  const installedVersion = told.text('InstalledVersion') ?? '';
  const [fixedVersion, severitySource, primaryUrl, status] = [
    told.text('FixedVersion'),
    told.text('SeveritySource'),
    told.text('PrimaryURL'),
    told.text('Status'),
  ];
  return {
    kind: 'vulnerability',
    id,
    package: find(packageNamed(told, name, installedVersion, place)),
    installedVersion,
    ...(fixedVersion !== undefined && { fixedVersion }),
    status: STATUSES.find((known) => known === status) ?? (fixedVersion === undefined ? 'affected' : 'fixed'),
    severity: severityOf(told),
    ...(severitySource !== undefined && { severitySource }),
    vendorIds: told.texts('VendorIDs'),
    ...dataSource(told.object('DataSource')),
    ...(primaryUrl !== undefined && { primaryUrl }),
    vulnerability: detailsOf(id, told),
    ...enrichment(told.object('Custom')),
  };
}

/** As far as a vulnerability tells of its package. */
function packageNamed(told: Members, name: string, version: string, place: Place): Package {
  const identifier = told.object('PkgIdentifier');
  const architecture = parsePackageUrl(identifier.text('PURL') ?? '')?.qualifiers?.['arch'];
  return {
    type: typeOf(identifier, place),
    name,
    version,
    ...(architecture !== undefined && { architecture }),
    licenses: [],
    ...(place.application && { application: place.application }),
    paths: pathsOf(told.text('PkgPath'), place),
    ...foundIn(told.object('Layer')),
  };
}

function dataSource(source: Members): Pick<VulnerabilityFinding, 'dataSource'> {
  const [id, baseId] = [source.text('ID'), source.text('BaseID')];
  if (id === undefined) return {};
  const [name = '', url = ''] = [source.text('Name'), source.text('URL')];
  return { dataSource: { id, name, url, ...(baseId !== undefined && { baseId }) } };
}

function detailsOf(id: string, told: Members): Vulnerability {
  const [title, description, publishedAt, modifiedAt] = [
    told.text('Title'),
    told.text('Description'),
    told.text('PublishedDate'),
    told.text('LastModifiedDate'),
  ];
  return {
    id,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    severityBySource: Object.fromEntries(
      told
        .object('VendorSeverity')
        .entries()
        .flatMap(([source, level]) => {
          const severity = typeof level === 'number' ? SEVERITIES[level] : undefined;
          return severity ? [[source, severity] as const] : [];
        }),
    ),
    cvssBySource: Object.fromEntries(
      told
        .object('CVSS')
        .entries()
        .map(([source, score]) => [source, cvssOf(membersOf(score))] as const),
    ),
    cwes: told.texts('CweIDs'),
    references: told.texts('References'),
    ...(publishedAt !== undefined && { publishedAt }),
    ...(modifiedAt !== undefined && { modifiedAt }),
  };
}

function cvssOf(score: Members): Cvss {
  const [v2Vector, v3Vector, v40Vector] = ['V2Vector', 'V3Vector', 'V40Vector'].map((key) => score.text(key));
  const [v2Score, v3Score, v40Score] = ['V2Score', 'V3Score', 'V40Score'].map((key) => score.number(key));
  return {
    ...(v2Vector !== undefined && { v2Vector }),
    ...(v2Score !== undefined && { v2Score }),
    ...(v3Vector !== undefined && { v3Vector }),
    ...(v3Score !== undefined && { v3Score }),
    ...(v40Vector !== undefined && { v40Vector }),
    ...(v40Score !== undefined && { v40Score }),
  };
}

function enrichment(custom: Members): Pick<VulnerabilityFinding, 'exploited' | 'epss'> {
  const [exploited, epss] = [custom.object('KnownExploited'), custom.object('EPSS')];
  const [addedOn, dueOn] = [exploited.text('Added'), exploited.text('Due')];
  const [score, percentile, date] = [epss.number('Score'), epss.number('Percentile'), epss.text('Date')];
  return {
    ...(addedOn !== undefined && {
      exploited: {
        addedOn,
        ...(dueOn !== undefined && { dueOn }),
        ...(exploited.flag('Ransomware') && { ransomware: true }),
      },
    }),
    ...(score !== undefined && {
      epss: { score, percentile: percentile ?? 0, ...(date !== undefined && { date }) },
    }),
  };
}

function readSecret(told: Members, { target }: Place): SecretFinding {
  return {
    kind: 'secret',
    ruleId: told.text('RuleID') ?? '',
    category: told.text('Category') ?? '',
    title: told.text('Title') ?? '',
    severity: severityOf(told),
    path: target.replace(/^\//, ''),
    startLine: told.number('StartLine') ?? 0,
    endLine: told.number('EndLine') ?? 0,
    match: told.text('Match') ?? '',
    code: told
      .object('Code')
      .objects('Lines')
      .map((line) => ({
        number: line.number('Number') ?? 0,
        text: line.text('Content') ?? '',
        isCause: line.flag('IsCause') ?? false,
      })),
    ...foundIn(told.object('Layer')),
    ...(told.flag('Deleted') && { isDeleted: true }),
  };
}

const CATEGORIES: readonly LicenseFinding['category'][] = [
  ...(['forbidden', 'restricted', 'reciprocal', 'notice', 'permissive', 'unencumbered', 'unknown'] as const),
];

function readLicense(told: Members, { target }: Place, names: PackageNames): LicenseFinding {
  const [path, link, category] = [told.text('FilePath'), told.text('Link'), told.text('Category')];
  const pkg = names.find(told.text('PkgName') ?? '', target, path);
  return {
    kind: 'license',
    name: told.text('Name') ?? '',
    category: CATEGORIES.find((known) => known === category) ?? 'unknown',
    severity: severityOf(told),
    ...(pkg && { package: pkg }),
    ...(!pkg && path !== undefined && { path }),
    confidence: told.number('Confidence') ?? 1,
    ...(link !== undefined && { link }),
  };
}

/** Checks that were passed are no findings. */
function readMisconfiguration(told: Members, { target }: Place): MisconfigurationFinding | undefined {
  if ((told.text('Status') ?? 'FAIL') !== 'FAIL') return undefined;
  const isOfImage = told.object('CauseMetadata').text('Service') === 'image-config';
  return {
    kind: 'misconfiguration',
    ruleId: told.text('ID') ?? '',
    title: told.text('Title') ?? '',
    description: told.text('Description') ?? '',
    message: told.text('Message') ?? '',
    resolution: told.text('Resolution') ?? '',
    severity: severityOf(told),
    subject: isOfImage ? 'image-config' : 'file',
    ...(!isOfImage && { path: target }),
    references: told.texts('References'),
    ...foundIn(told.object('Layer')),
  };
}
