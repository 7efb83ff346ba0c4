import { clone } from '@bufbuild/protobuf';
import { DrydockError } from '../base/errors.ts';
import type { BlobInfo } from './messages/cache.ts';
import {
  LayerSchema,
  SecretFindingSchema,
  type Application,
  type BuildInfo,
  type CustomResource,
  type Layer,
  type LicenseFile,
  type Misconfiguration,
  type OS,
  type Repository,
  type Secret,
} from './messages/common.ts';
import { mergeSystems } from './merge-systems.ts';
import { originsOf } from './origins.ts';
import type { BeyondWire, KeptPackage } from './package-json.ts';
import { openPathTree } from './path-tree.ts';
import { newMessage } from './wire.ts';

/** A package in the place where it was found, with the layer that brought it. */
export interface MergedPackage {
  /** The message as it was put; what is told of it is made anew, since blobs are shared. */
  readonly pkg: KeptPackage;
  readonly layer: Layer | undefined;
  readonly licenses: readonly string[];
  readonly buildInfo?: BeyondWire['buildInfo'];
}

export interface MergedApplication {
  readonly type: string;
  /** Empty for kinds of which each package is a file of its own. */
  readonly filePath: string;
  readonly packages: readonly (MergedPackage & { readonly applicationPath: string })[];
}

/** Something of a file, and its layer. */
export interface Placed<T> {
  readonly item: T;
  readonly layer: Layer;
}

/** All blobs of an artifact lying on one another. */
export interface MergedBlobs {
  readonly os: OS | undefined;
  readonly repository: Repository | undefined;
  readonly layers: readonly Layer[];
  readonly packages: readonly MergedPackage[];
  readonly applications: readonly MergedApplication[];
  readonly misconfigurations: readonly Placed<Misconfiguration>[];
  readonly secrets: readonly Secret[];
  readonly licenses: readonly Placed<LicenseFile>[];
  readonly customResources: readonly Placed<CustomResource>[];
}

/** Told under one name, whichever files they are of. */
const AGGREGATED = ['python-pkg', 'conda-pkg', 'gemspec', 'node-pkg', 'jar'];

/** What stands at a path of the tree. */
type Entry =
  | { readonly kind: 'packages'; readonly packages: readonly KeptPackage[] }
  | { readonly kind: 'application'; readonly application: Application }
  | { readonly kind: 'misconfiguration'; readonly placed: Placed<Misconfiguration> }
  | { readonly kind: 'license'; readonly placed: Placed<LicenseFile> }
  | { readonly kind: 'custom'; readonly placed: Placed<CustomResource> };

/**
 * Merges blobs as Trivy does, whose blobs tell of files alone: what an upper one has at a path replaces what a lower
 * one has of that kind, whiteouts take away what is at and below a path, and secrets stay whatever happens.
 *
 * @throws DrydockError REQUEST_TOO_LARGE
 */
export function mergeBlobs(blobs: readonly BlobInfo[]): MergedBlobs {
  const tree = openPathTree<Entry>();
  const secrets = new Map<string, Secret>();
  for (const blob of blobs) {
    for (const path of [...blob.opaqueDirs, ...blob.whiteoutFiles]) tree.remove(path.replace(/\/$/, ''));
    if (!setEntries(tree, blob)) throw new DrydockError('REQUEST_TOO_LARGE', 'the blobs name too many paths');
    for (const secret of blob.secrets) addSecret(secrets, secret, layerOf(blob));
  }
  const entries = tree.values();
  const licenses = pick(entries, 'license').map(({ placed }) => placed);
  const stated = statedLicenses(licenses);
  const origins = originsOf(blobs);
  return {
    os: mergeSystems(blobs.flatMap(({ os }) => os ?? [])),
    repository: blobs.findLast(({ repository }) => repository !== undefined)?.repository,
    layers: blobs.map(layerOf),
    packages: pick(entries, 'packages').flatMap(({ packages }) =>
      packages.map((pkg) => {
        const origin = isOfLayer(pkg) ? undefined : origins.ofSystem(pkg);
        const buildInfo = origin?.buildInfo ?? pkg.beyondWire?.buildInfo;
        return {
          pkg,
          layer: origin ? placeOf(blobs[origin.index]) : pkg.layer,
          licenses: stated.get(pkg.name) ?? pkg.licenses,
          ...(buildInfo && { buildInfo: plainBuild(buildInfo) }),
        };
      }),
    ),
    applications: aggregate(
      pick(entries, 'application').map(({ application }) =>
        toApplication(application, (pkg) => {
          const index = origins.ofApplication(application.filePath, pkg);
          return index === undefined ? undefined : placeOf(blobs[index]);
        }),
      ),
    ),
    misconfigurations: pick(entries, 'misconfiguration').map(({ placed }) => placed),
    secrets: [...secrets.values()],
    licenses: licenses.filter(({ item }) => item.licenseType !== DPKG),
    customResources: pick(entries, 'custom').map(({ placed }) => placed),
  };
}

const DPKG = 1;

function setEntries(tree: ReturnType<typeof openPathTree<Entry>>, blob: BlobInfo): boolean {
  const layer = placeOf(blob);
  const entries: [path: string, kind: string, entry: Entry][] = [
    ...blob.packageInfos.map(({ filePath, packages }) =>
      entry(filePath, 'ospkg', { kind: 'packages', packages }),
    ),
    ...blob.applications.map((application) =>
      entry(application.filePath, application.type, { kind: 'application', application }),
    ),
    ...blob.misconfigurations.map((item) =>
      entry(item.filePath, 'config', { kind: 'misconfiguration', placed: { item, layer } }),
    ),
    ...blob.licenses.map((item) =>
      entry(item.filePath, `license,${item.licenseType}`, { kind: 'license', placed: { item, layer } }),
    ),
    ...blob.customResources.map((item) =>
      entry(item.filePath, `custom:${item.type}`, { kind: 'custom', placed: { item, layer } }),
    ),
  ];
  return entries.every(([path, kind, value]) => tree.set(path, kind, value));
}

function entry(path: string, kind: string, value: Entry): [string, string, Entry] {
  return [path, kind, value];
}

function pick<K extends Entry['kind']>(entries: readonly Entry[], kind: K): Extract<Entry, { kind: K }>[] {
  return entries.filter((each): each is Extract<Entry, { kind: K }> => each.kind === kind);
}

function layerOf({ digest, diffId, createdBy, size }: BlobInfo): Layer {
  return newMessage(LayerSchema, { digest, diffId, createdBy, size });
}

/** As packages name their layer: without what else is known of it. */
function placeOf(blob: BlobInfo | undefined): Layer {
  return newMessage(LayerSchema, { digest: blob?.digest ?? '', diffId: blob?.diffId ?? '' });
}

/** A bill of materials within an image says itself which layer a package is of. */
function isOfLayer({ layer }: KeptPackage): boolean {
  return layer !== undefined && (layer.digest !== '' || layer.diffId !== '');
}

function plainBuild({ contentSets, nvr, arch }: BuildInfo | NonNullable<BeyondWire['buildInfo']>): {
  contentSets: readonly string[];
  nvr: string;
  arch: string;
} {
  return { contentSets, nvr, arch };
}

/** What a later layer says of a file is newer, but what only an earlier one says can be read there still. */
function addSecret(secrets: Map<string, Secret>, secret: Secret, { digest, diffId, createdBy }: Layer): void {
  const layer = newMessage(LayerSchema, { digest, diffId, createdBy });
  const findings = secret.findings.map((finding) => {
    const own = clone(SecretFindingSchema, finding);
    own.layer = layer;
    return own;
  });
  const rules = new Set(findings.map(({ ruleId }) => ruleId));
  const before = secrets.get(secret.filepath)?.findings.filter(({ ruleId }) => !rules.has(ruleId)) ?? [];
  secrets.set(secret.filepath, { ...secret, findings: [...findings, ...before] });
}

/** Of packages of dpkg, whose database tells no licences. */
function statedLicenses(licenses: readonly Placed<LicenseFile>[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    licenses
      .filter(({ item }) => item.licenseType === DPKG)
      .map(({ item }) => [item.pkgName, item.fingings.map(({ name }) => name)]),
  );
}

function toApplication(
  { type, filePath, packages }: Application,
  origin: (pkg: KeptPackage) => Layer | undefined,
): MergedApplication {
  return {
    type,
    filePath,
    packages: packages.map((pkg) => ({
      pkg,
      applicationPath: filePath,
      layer: isOfLayer(pkg) ? pkg.layer : origin(pkg),
      licenses: pkg.licenses,
    })),
  };
}

function aggregate(applications: readonly MergedApplication[]): MergedApplication[] {
  const joined = AGGREGATED.map((type) => ({
    type,
    filePath: '',
    packages: applications.filter((each) => each.type === type).flatMap(({ packages }) => packages),
  }));
  return [
    ...applications.filter(({ type }) => !AGGREGATED.includes(type)),
    ...joined.filter(({ packages }) => packages.length > 0),
  ];
}
