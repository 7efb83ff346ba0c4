import type { Digest } from './image.ts';

/** Package URL types. @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst */
export type PackageType =
  | 'apk'
  | 'bitnami'
  | 'bottlerocket'
  | 'cargo'
  | 'cocoapods'
  | 'composer'
  | 'conan'
  | 'conda'
  | 'deb'
  | 'gem'
  | 'generic'
  | 'golang'
  | 'hex'
  | 'julia'
  | 'maven'
  | 'npm'
  | 'nuget'
  | 'pub'
  | 'pypi'
  | 'rpm'
  | 'swift'
  | 'wordpress';

/** What kind of file told of a package that is not the operating system's, in Trivy's words. */
export type ApplicationType =
  | 'bitnami'
  | 'bun'
  | 'bundler'
  | 'cargo'
  | 'cocoapods'
  | 'composer'
  | 'composer-vendor'
  | 'conan'
  | 'conda-environment'
  | 'conda-pkg'
  | 'dotnet-core'
  | 'gemspec'
  | 'gobinary'
  | 'gomod'
  | 'gradle'
  | 'hex'
  | 'jar'
  | 'julia'
  | 'node-pkg'
  | 'npm'
  | 'nuget'
  | 'packages-props'
  | 'pdm'
  | 'pip'
  | 'pipenv'
  | 'pnpm'
  | 'poetry'
  | 'pom'
  | 'pub'
  | 'pylock'
  | 'python-pkg'
  | 'rustbinary'
  | 'sbom'
  | 'sbt'
  | 'swift'
  | 'uv'
  | 'wordpress'
  | 'yarn';

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
  /**
   * What it depends on: names of packages of the operating system installed beside it, or `name@version` of packages of
   * the same application.
   */
  readonly dependsOn?: readonly string[];
  /** `algorithm:hex` of the package archive or header, where the database says it. */
  readonly archiveDigest?: string;
  /** Not made by the distribution, so that its advisories do not speak of it. */
  readonly thirdParty?: boolean;
  readonly redHatBuild?: RedHatBuild;
  /** What told of it; absent for packages of the operating system. */
  readonly application?: ApplicationType;
  /** How it stands to the application that names it, where the file tells. */
  readonly relationship?: 'root' | 'workspace' | 'direct' | 'indirect';
  /** Needed to build or test only, not to run. */
  readonly development?: true;
  /** Lines of the file that names it, from 1, both inclusive. */
  readonly locations?: readonly { readonly startLine: number; readonly endLine: number }[];
  /** What told the coordinates of a jar; those guessed from its name give way to a database of digests. */
  readonly identifiedBy?: 'pom.properties' | 'manifest' | 'file-name' | 'digest';
  /** Where it is recorded, without a leading slash. */
  readonly paths: readonly string[];
  /** The first layer that holds it. */
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest };
}
