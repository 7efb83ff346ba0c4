import type { Severity } from '../../model/advisory.ts';
import type { OperatingSystem } from '../../model/analysis.ts';
import type { Digest, Platform } from '../../model/image.ts';
import type { ScanKey } from '../../model/report.ts';

/** What is known of an image that was scanned, without its findings. */
export interface CatalogImage {
  /** What decides on all that can be learnt of it; names its inventory. */
  readonly identity: Digest;
  readonly digest: Digest;
  readonly configDigest: Digest;
  readonly platform: Platform;
  readonly os?: OperatingSystem;
  /** `registry/repository:tag` or `…@digest`, as it was asked for; the newest last, at most 100. */
  readonly names: readonly string[];
  /** Fingerprint of the analyzers, the other half of the inventory's key. */
  readonly analyzers: string;
  /** The newest report. */
  readonly report: ScanKey;
  readonly scannedAt: string;
  readonly packages: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
}

/** One thing that advisories speak of: the bucket of a database and the name in it are told by `match`. */
export interface CatalogEntry {
  readonly image: CatalogImage;
  /** Names that advisories are looked up by, as `ecosystem NUL name`, sorted, each once. */
  readonly advisoryNames: readonly string[];
  /** Ids of vulnerabilities of the newest report, sorted, each once. */
  readonly vulnerabilities: readonly string[];
}

/** What is asked questions: which images are there, which hold that package, which suffer from that vulnerability. */
export interface Catalog extends AsyncDisposable {
  /** Replaces what is known of the image; names are joined. */
  note(entry: CatalogEntry): Promise<void>;
  find(identity: Digest): Promise<CatalogImage | undefined>;
  /** By the manifest's or the configuration's digest. */
  byDigest(digest: Digest): Promise<readonly CatalogImage[]>;
  /** In the order of `identity`, after the one given. */
  images(options?: { readonly after?: Digest }): AsyncIterable<CatalogImage>;
  withVulnerability(id: string): AsyncIterable<CatalogImage>;
  /** Those that hold at least one of the names. */
  withAdvisoryNames(names: ReadonlySet<string>): AsyncIterable<CatalogImage>;
  remove(identity: Digest): Promise<void>;
}
