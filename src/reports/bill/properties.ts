import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { packageId, versionParts } from '../package-identity.ts';
import { isAggregated } from '../results.ts';

/** Names as Trivy has them; what Trivy does not tell has a name that starts with {@link OWN}. */
export type Property = readonly [name: string, value: string];

export const OWN = 'dev.drydock:';

const MAX_LABELS = 200;
const MAX_LABEL_CHARS = 1024;

type Optional = readonly [name: string, value: string | undefined];

function filled(properties: readonly Optional[]): Property[] {
  return properties.filter((entry): entry is Property => entry[1] !== undefined && entry[1] !== '');
}

/** Of what was scanned. */
export function subjectProperties({ image, layerSizes }: Report): Property[] {
  const isFolder = image.kind === 'filesystem';
  const sizes = image.layers.map(({ diffId }) => layerSizes[diffId] ?? 0);
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const { os, architecture, variant } = image.platform;
  return filled([
    ['SchemaVersion', '2'],
    ['ImageID', isFolder ? undefined : image.configDigest],
    ['Size', size > 0 ? String(size) : undefined],
    ...image.repoDigests.map((one) => ['RepoDigest', one] as const),
    ...image.layers.map(({ diffId }) => ['DiffID', diffId] as const),
    ...image.repoTags.map((one) => ['RepoTag', one] as const),
    ...labels(image.config.config['Labels']),
    [`${OWN}Digest`, isFolder ? undefined : image.digest],
    [`${OWN}Platform`, isFolder ? undefined : [os, architecture, variant].filter(Boolean).join('/')],
  ]);
}

function labels(value: unknown): Optional[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .filter(([name, text]) => name.length <= MAX_LABEL_CHARS && text.length <= MAX_LABEL_CHARS)
    .slice(0, MAX_LABELS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => [`Labels:${name}`, text]);
}

/** Of the operating system. */
export function systemProperties({ os, endOfLife }: Report): Property[] {
  return filled([
    ['Class', 'os-pkgs'],
    ['Type', os?.family ?? 'none'],
    [`${OWN}EndOfLife`, endOfLife ? 'true' : undefined],
    [`${OWN}ExtendedSupport`, os?.extendedSupport ? 'true' : undefined],
    [`${OWN}RepositoryRelease`, os?.repositoryRelease],
  ]);
}

/** Of a package; `kind` is its application's, or the family of the operating system. */
export function packageProperties(pkg: Package, kind: string): Property[] {
  const source = pkg.source && versionParts(pkg.type, pkg.source.version);
  return filled([
    ['PkgID', packageId(pkg)],
    ['PkgType', kind],
    ['FilePath', isAggregated(pkg) ? pkg.paths[0] : undefined],
    ['SrcName', pkg.source?.name],
    ['SrcVersion', source?.version],
    ['SrcRelease', source?.release],
    ['SrcEpoch', source && source.epoch > 0 ? String(source.epoch) : undefined],
    ['Modularitylabel', pkg.modularityLabel],
    ['LayerDigest', pkg.layer?.digest],
    ['LayerDiffID', pkg.layer?.diffId],
    ...ownProperties(pkg),
  ]);
}

function ownProperties({ redHatBuild, ...pkg }: Package): Optional[] {
  return [
    [`${OWN}Relationship`, pkg.relationship],
    [`${OWN}Development`, pkg.development ? 'true' : undefined],
    [`${OWN}IdentifiedBy`, pkg.identifiedBy],
    [`${OWN}ThirdParty`, pkg.thirdParty ? 'true' : undefined],
    ...(redHatBuild?.contentSets ?? []).map((one) => [`${OWN}RedHatContentSet`, one] as const),
    [`${OWN}RedHatNvr`, redHatBuild?.nvr],
    [`${OWN}RedHatArchitecture`, redHatBuild?.architecture],
  ];
}
