import { toDigest } from '../../base/digest.ts';
import type { OperatingSystem } from '../../model/analysis.ts';
import type { Package, RedHatBuild, SourcePackage } from '../../model/package.ts';
import type { PackageUrl } from '../purl.ts';
import {
  applicationOfFile,
  applicationsByPart,
  applicationType,
  isAggregated,
  type SbomApplication,
} from './applications.ts';
import { DRYDOCK_PREFIX, propertyOf, type SbomComponent, type SbomDocument } from './document.ts';
import { packageOf, readUrl, sourceOfRpm, withoutZeroEpoch } from './purl-package.ts';
import { isForeign, systemOf, systemOfUrls } from './system.ts';

/** What a bill of materials tells of what is installed. */
export interface SbomContents {
  readonly os?: OperatingSystem;
  readonly packages: readonly Package[];
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[];
}

const MAX_NAME_CHARS = 1024;
const MAX_VERSION_CHARS = 1024;

interface Part {
  readonly component: SbomComponent;
  readonly url: PackageUrl;
  readonly pkg: Package;
}

/**
 * The operating system and packages of a document.
 *
 * @param path of the document itself, where packages are recorded of which it does not tell
 */
export function contentsOf(document: SbomDocument, path: string): SbomContents {
  const { parts, diagnostics } = packageParts(document);
  const os =
    document.components
      .filter(({ kind }) => kind === 'operating-system')
      .flatMap((one) => systemOf(one) ?? [])[0] ?? systemOfUrls(parts.map(({ url }) => url));
  const owners = applicationsByPart(document);
  const dependencies = openDependencies(document, parts);
  const packages = parts.map((part) => {
    const pkg = completed(part, owners.get(part.component.ref), path);
    const dependsOn = dependencies(part);
    const isOther = os && pkg.application === undefined && isForeign(part.url, os);
    return {
      ...pkg,
      ...(dependsOn.length > 0 && { dependsOn }),
      ...(isOther && { thirdParty: true }),
    };
  });
  const lacksOs = !os && packages.some(({ application }) => application === undefined);
  return {
    ...(os && { os }),
    packages,
    diagnostics: lacksOs ? [...diagnostics, WITHOUT_OS] : diagnostics,
  };
}

const WITHOUT_OS = {
  code: 'SBOM_WITHOUT_OS',
  message:
    'it has packages of an operating system that it does not name: their vulnerabilities are not known',
};

/** Components that are packages. What it is about is one only if it is a library. */
function packageParts(
  document: SbomDocument,
): Pick<SbomContents, 'diagnostics'> & { readonly parts: Part[] } {
  const parts: Part[] = [];
  const unknownTypes = new Set<string>();
  let unnamed = 0;
  let unknown = 0;
  for (const component of document.components) {
    if (component === document.subject && component.kind !== 'library') continue;
    const url = component.purl === undefined ? undefined : readUrl(component.purl);
    if (!url) {
      if (component.kind === 'library' || component.purl !== undefined) unnamed++;
      continue;
    }
    const pkg = packageOf(url);
    if (!pkg) {
      unknown++;
      if (unknownTypes.size < 10) unknownTypes.add(url.type);
    } else if (isUsable(pkg)) parts.push({ component, url, pkg });
    else unnamed++;
  }
  return {
    parts,
    diagnostics: [
      ...(unnamed > 0
        ? [
            {
              code: 'SBOM_COMPONENT_UNNAMED',
              message: `${unnamed} of its components have no usable package URL and are left out`,
            },
          ]
        : []),
      ...(unknown > 0
        ? [
            {
              code: 'SBOM_COMPONENT_UNKNOWN',
              message: `${unknown} of its components are of kinds that are not known (${[...unknownTypes].join(', ')}) and are left out`,
            },
          ]
        : []),
    ],
  };
}

function isUsable({ name, version }: Package): boolean {
  return name !== '' && name.length <= MAX_NAME_CHARS && version.length <= MAX_VERSION_CHARS;
}

function completed({ component, pkg }: Part, owner: SbomApplication | undefined, path: string): Package {
  const own = (name: string): string | undefined => propertyOf(component, `${DRYDOCK_PREFIX}${name}`);
  const version = pkg.version || withoutZeroEpoch(component.version ?? '');
  const found = pathsOf(component);
  const application =
    pkg.application &&
    (owner?.type ??
      applicationType(propertyOf(component, 'PkgType')) ??
      applicationOfFile(found[0]) ??
      pkg.application);
  const isPart = application !== undefined && !isAggregated(application);
  const source = pkg.application === undefined ? (sourceOf(component, version) ?? pkg.source) : undefined;
  const modularityLabel = propertyOf(component, 'Modularitylabel') ?? pkg.modularityLabel;
  const relationship = RELATIONSHIPS.find((one) => one === own('Relationship'));
  const identifiedBy = IDENTIFIED_BY.find((one) => one === own('IdentifiedBy'));
  const redHatBuild = redHatBuildOf(component);
  const layer = layerOf(component);
  const isDevelopment = component.isExcluded ?? own('Development') === 'true';
  return {
    ...pkg,
    name: spelt(component, pkg),
    version,
    ...(source && { source }),
    licenses: component.licenses.slice(0, 100),
    ...(component.supplier && { maintainer: component.supplier }),
    ...(modularityLabel && pkg.type === 'rpm' && { modularityLabel }),
    ...(component.hashes[0] && { archiveDigest: component.hashes[0] }),
    ...(own('ThirdParty') === 'true' && { thirdParty: true }),
    ...(redHatBuild && { redHatBuild }),
    ...(application && { application }),
    ...(relationship && { relationship }),
    ...(isDevelopment && application && { development: true as const }),
    ...(identifiedBy && { identifiedBy }),
    paths: isPart ? [owner?.path || found[0] || path] : found,
    ...(layer && { layer }),
  };
}

const RELATIONSHIPS = ['root', 'workspace', 'direct', 'indirect'] as const;
const IDENTIFIED_BY = ['pom.properties', 'manifest', 'file-name', 'digest'] as const;

/** URLs lose the case of some names, which the component keeps. */
function spelt({ group, name }: SbomComponent, pkg: Package): string {
  const plain = (text: string): string => text.toLowerCase().replace(/_/g, '-');
  const separator = pkg.type === 'maven' ? ':' : '/';
  const full = group === undefined ? name : `${group}${separator}${name}`;
  return plain(full) === plain(pkg.name) ? full : pkg.name;
}

const SYFT_LOCATION = /^syft:location:[0-9]{1,3}:path$/;

/** Without a leading slash, as everywhere else. */
function pathsOf(component: SbomComponent): string[] {
  const stated = [...(component.properties.get('FilePath') ?? []), ...component.paths];
  if (stated.length === 0) {
    for (const [name, values] of component.properties) if (SYFT_LOCATION.test(name)) stated.push(...values);
  }
  return [...new Set(stated.map((path) => path.replace(/^(?:\.?\/)+/, '')).filter((path) => path !== ''))];
}

/** In Trivy's parts, in SPDX's sentence, or as Syft keeps it. */
function sourceOf(component: SbomComponent, version: string): SourcePackage | undefined {
  const [name, sourceVersion, release, epoch] = ['SrcName', 'SrcVersion', 'SrcRelease', 'SrcEpoch'].map(
    (key) => propertyOf(component, key),
  );
  if (name) {
    if (sourceVersion === undefined) return { name, version };
    const full = `${epoch ? `${epoch}:` : ''}${sourceVersion}${release ? `-${release}` : ''}`;
    return { name, version: withoutZeroEpoch(full) };
  }
  const { source } = component;
  if (source) return { name: source.name, version: withoutZeroEpoch(source.version ?? version) };
  const sourceRpm = propertyOf(component, 'syft:metadata:sourceRpm');
  if (sourceRpm) return sourceOfRpm(sourceRpm, version);
  const origin =
    propertyOf(component, 'syft:metadata:source') ?? propertyOf(component, 'syft:metadata:originPackage');
  return origin
    ? { name: origin, version: propertyOf(component, 'syft:metadata:sourceVersion') ?? version }
    : undefined;
}

function redHatBuildOf(component: SbomComponent): RedHatBuild | undefined {
  const contentSets = component.properties.get(`${DRYDOCK_PREFIX}RedHatContentSet`) ?? [];
  const nvr = propertyOf(component, `${DRYDOCK_PREFIX}RedHatNvr`);
  const architecture = propertyOf(component, `${DRYDOCK_PREFIX}RedHatArchitecture`);
  if (contentSets.length === 0 && nvr === undefined) return undefined;
  return { contentSets, ...(nvr && { nvr }), ...(architecture && { architecture }) };
}

function layerOf(component: SbomComponent): Package['layer'] {
  const digest = toDigest(propertyOf(component, 'LayerDigest'));
  const diffId = toDigest(propertyOf(component, 'LayerDiffID'));
  return diffId && { digest: digest ?? diffId, diffId };
}

/** Packages of the system are told by their names, those of applications with their versions. */
function openDependencies(
  { relations }: SbomDocument,
  parts: readonly Part[],
): (part: Part) => readonly string[] {
  const ids = new Map<string, string>();
  for (const { component, pkg } of parts) {
    const name = spelt(component, pkg);
    const version = pkg.version || (component.version ?? '');
    ids.set(component.ref, pkg.application === undefined || version === '' ? name : `${name}@${version}`);
  }
  // Nothing forbids that many components have one reference: what it depends on is gathered once.
  const known = new Map<string, readonly string[]>();
  return ({ component: { ref } }) => {
    const dependencies = known.get(ref) ?? [
      ...new Set((relations.get(ref) ?? []).flatMap((to) => ids.get(to) ?? [])),
    ];
    known.set(ref, dependencies);
    return dependencies;
  };
}
