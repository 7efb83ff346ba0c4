import { asObject, flag, int, many, one, shape, text, texts, words } from './json-shape.ts';
import type { JsonObject, JsonShape } from './json-shape.ts';
import * as common from './messages/common.ts';

/** What Trivy knows of a package and keeps in its caches, but (up to 0.74) does not send. */
export interface BeyondWire {
  readonly modularityLabel?: string;
  readonly buildInfo?: {
    readonly contentSets: readonly string[];
    readonly nvr: string;
    readonly arch: string;
  };
  readonly installedFiles?: readonly string[];
}

/** A package as it is kept: what the message has no field for stands beside its fields. */
export type KeptPackage = common.Package & { readonly beyondWire?: BeyondWire };

export const RELATIONSHIPS: Readonly<Record<number, string>> = {
  0: 'unknown',
  1: 'root',
  2: 'workspace',
  3: 'direct',
  4: 'indirect',
};

const { 0: _unknown, ...toldRelationships } = RELATIONSHIPS;

const buildInfo = shape(common.BuildInfoSchema, [
  ['ContentSets', 'contentSets', texts],
  ['Nvr', 'nvr', text],
  ['Arch', 'arch', text],
]);

export function packageMembers(
  layer: JsonShape<typeof common.LayerSchema>,
): JsonShape<typeof common.PackageSchema> {
  return shape(common.PackageSchema, [
    ['ID', 'id', text],
    ['Name', 'name', text],
    [
      'Identifier',
      'identifier',
      one(
        shape(common.PkgIdentifierSchema, [
          ['PURL', 'purl', text],
          ['UID', 'uid', text],
          ['BOMRef', 'bomRef', text],
        ]),
      ),
    ],
    ['Version', 'version', text],
    ['Release', 'release', text],
    ['Epoch', 'epoch', int],
    ['Arch', 'arch', text],
    ['Dev', 'dev', flag],
    ['SrcName', 'srcName', text],
    ['SrcVersion', 'srcVersion', text],
    ['SrcRelease', 'srcRelease', text],
    ['SrcEpoch', 'srcEpoch', int],
    ['Licenses', 'licenses', texts],
    ['Maintainer', 'maintainer', text],
    ['', 'beyondWire', { write: writeBeyondWire, read: () => undefined }],
    ['Repository', 'repository', one(shape(common.PackageRepositorySchema, [['Class', 'class', text]]))],
    ['Indirect', 'indirect', flag],
    ['Relationship', 'relationship', words(toldRelationships)],
    ['DependsOn', 'dependsOn', texts],
    ['Layer', 'layer', one(layer)],
    ['FilePath', 'filePath', text],
    ['Digest', 'digest', text],
    [
      'Locations',
      'locations',
      many(
        shape(common.LocationSchema, [
          ['StartLine', 'startLine', int],
          ['EndLine', 'endLine', int],
        ]),
      ),
    ],
    ['AnalyzedBy', 'analyzedBy', text],
  ]);
}

function writeBeyondWire(value: unknown): JsonObject | undefined {
  const beyond = value as BeyondWire | undefined;
  if (!beyond) return undefined;
  return {
    ...(beyond.modularityLabel && { Modularitylabel: beyond.modularityLabel }),
    ...(beyond.buildInfo && {
      BuildInfo: {
        ContentSets: beyond.buildInfo.contentSets,
        Nvr: beyond.buildInfo.nvr,
        Arch: beyond.buildInfo.arch,
      },
    }),
    ...(beyond.installedFiles && { InstalledFiles: beyond.installedFiles }),
  };
}

/** The package with those members that its message has no fields for. */
export function readBeyondWire(pkg: common.Package, object: JsonObject): KeptPackage {
  const modularityLabel = object['Modularitylabel'];
  const build = asObject(object['BuildInfo']);
  const files = object['InstalledFiles'];
  const beyondWire: BeyondWire = {
    ...(typeof modularityLabel === 'string' && modularityLabel !== '' && { modularityLabel }),
    ...(build && { buildInfo: buildInfo.read(build) }),
    ...(Array.isArray(files) &&
      files.length > 0 && {
        installedFiles: files.filter((file): file is string => typeof file === 'string'),
      }),
  };
  return Object.keys(beyondWire).length > 0 ? Object.assign(pkg, { beyondWire }) : pkg;
}
