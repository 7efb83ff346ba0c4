import type { Digest } from './image.ts';

/** Package URL types. @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst */
export type PackageType = 'apk' | 'deb' | 'rpm' | 'bottlerocket';

export interface SourcePackage {
  readonly name: string;
  /** Full version, written as the binary version is. */
  readonly version: string;
}

/** What Red Hat writes about a layer's build; it selects the products whose advisories count. */
export interface RedHatBuild {
  readonly contentSets: readonly string[];
  readonly nvr?: string;
  readonly architecture?: string;
}

export interface Package {
  readonly type: PackageType;
  readonly name: string;
  /** Full version in the ecosystem's own spelling: `[epoch:]version[-release]`, epoch left out when 0. */
  readonly version: string;
  readonly architecture?: string;
  readonly source?: SourcePackage;
  readonly licenses: readonly string[];
  readonly maintainer?: string;
  /** Modularity label of an rpm (`nodejs:18:8060020220523160029:ad008a3a`). */
  readonly modularityLabel?: string;
  /** Names of packages it depends on, resolved to names installed beside it where that is known. */
  readonly dependsOn?: readonly string[];
  /** `algorithm:hex` of the package archive or header, where the database says it. */
  readonly archiveDigest?: string;
  /** Not made by the distribution, so that its advisories do not speak of it. */
  readonly thirdParty?: boolean;
  readonly redHatBuild?: RedHatBuild;
  /** Where it is recorded, without a leading slash. */
  readonly paths: readonly string[];
  /** The first layer that holds it. */
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest };
}
