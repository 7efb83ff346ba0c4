import type { FoundIn, MisconfigurationFinding, SecretFinding } from './finding.ts';
import type { Digest } from './image.ts';
import type { Package, RedHatBuild } from './package.ts';

export type OsFamily = string;

/** `family` in Trivy's words (`debian`, `redhat`, `cbl-mariner`, …); `version` as the release files give it. */
export interface OperatingSystem {
  readonly family: OsFamily;
  readonly version: string;
  /** The name for people, where os-release gives one. */
  readonly prettyName?: string;
  /** Extended maintenance is on (Ubuntu Pro's esm-infra). */
  readonly extendedSupport?: boolean;
  /** The package repository's release where it differs (`edge` of Alpine). */
  readonly repositoryRelease?: string;
}

/** One release file's word on the operating system. Several make an {@link OperatingSystem}. */
export interface OsClue {
  readonly family?: OsFamily;
  readonly version?: string;
  readonly prettyName?: string;
  readonly extendedSupport?: boolean;
  readonly repositoryRelease?: string;
}

/** What a scan could not see, or should say. Never an error: the scan went on. */
export interface Diagnostic {
  /** Stable, upper case with underscores. */
  readonly code: string;
  /** The analyzer or room that says it. */
  readonly by: string;
  readonly path?: string;
  readonly message: string;
}

/** What one analyzer read out of one file of one layer. A later layer's answer for the same path replaces it. */
export interface FileAnalysis {
  /** Without a leading slash. */
  readonly path: string;
  readonly analyzer: string;
  readonly os?: OsClue;
  readonly packages?: readonly Package[];
  readonly redHatBuild?: RedHatBuild;
  readonly secrets?: readonly Omit<SecretFinding, 'kind' | 'path' | 'layer' | 'isDeleted'>[];
  /** Of a licence text, or of a file that states licences of the package named. */
  readonly licenses?: readonly LicenseClue[];
  readonly misconfigurations?: readonly Omit<MisconfigurationFinding, 'kind' | 'path' | 'layer'>[];
  /** A package of the distribution brought this file, and its advisories speak for it. */
  readonly ownedByOs?: true;
  /** Found by its name in an unusual place: counts only when a link from the usual place leads to it. */
  readonly linkTarget?: true;
}

/** What a file says of licences. */
export interface LicenseClue {
  /** SPDX id or expression; what is none stands as it was written. */
  readonly name: string;
  /** From 0 to 1; 1 where it is stated and not recognised. */
  readonly confidence: number;
  /** Name of the package of the operating system that the file speaks of (`usr/share/doc/NAME/copyright`). */
  readonly packageName?: string;
}

/** A link on the way to a file that some analyzer reads. */
export interface LinkEntry {
  readonly path: string;
  /** As written in the archive; for a hard link, a path from the root. */
  readonly target: string;
  readonly hard: boolean;
}

/** Everything learnt from one layer, independent of all other layers and of advisories. */
export interface LayerAnalysis {
  readonly schema: 1;
  readonly diffId: Digest;
  /** Ids and versions of the analyzers that made it. */
  readonly analyzers: string;
  /** Uncompressed size. */
  readonly sizeBytes: number;
  readonly files: readonly FileAnalysis[];
  readonly links: readonly LinkEntry[];
  readonly whiteouts: readonly string[];
  readonly opaqueDirs: readonly string[];
  /**
   * All paths of the layer, as hashes: whatever a lower layer has at such a path is replaced, and what it has below one
   * that is no directory is gone.
   */
  readonly held: { readonly files: string; readonly directories: string };
  readonly diagnostics: readonly Diagnostic[];
}

/** A file that is or states a licence. */
export interface LicenseFile {
  readonly path: string;
  readonly name: string;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly layer?: FoundIn;
}

/** All layers merged: what is in the image as a container would see it. */
export interface Inventory {
  readonly schema: 1;
  readonly os?: OperatingSystem;
  /** Uncompressed size of each layer by diffID. */
  readonly layerSizes: Readonly<Record<string, number>>;
  readonly packages: readonly Package[];
  /** What needs no advisories to be found. */
  readonly findings: readonly (SecretFinding | MisconfigurationFinding)[];
  /** Licences of files that belong to no package; absent where they were not looked for. */
  readonly licenseFiles?: readonly LicenseFile[];
  readonly diagnostics: readonly Diagnostic[];
}
