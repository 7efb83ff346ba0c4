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
  /** Databases under whose name that report is kept, where it is as good for the newer ones that its key names. */
  readonly heldUnder?: string;
  readonly scannedAt: string;
  /** When somebody last asked for it, to about a day; an entry without it leaves what was known. */
  readonly askedAt?: string;
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
  /** The same for many, at little more than the price of one. */
  noteAll(entries: readonly CatalogEntry[]): Promise<void>;
  /**
   * Says of images that their reports are as good for other databases: where the key of the newest one names `from`, it
   * names `to`, and `heldUnder` says where the report lies.
   */
  carry(images: readonly Digest[], from: string, to: string): Promise<void>;
  find(identity: Digest): Promise<CatalogImage | undefined>;
  /** By the manifest's or the configuration's digest. */
  byDigest(digest: Digest): Promise<readonly CatalogImage[]>;
  /** In the order of `identity`, after the one given. */
  images(options?: { readonly after?: Digest }): AsyncIterable<CatalogImage>;
  withVulnerability(id: string): AsyncIterable<CatalogImage>;
  /** Those that suffer from at least one of them. */
  withVulnerabilities(ids: ReadonlySet<string>): AsyncIterable<CatalogImage>;
  /** Those that hold at least one of the names. */
  withAdvisoryNames(names: ReadonlySet<string>): AsyncIterable<CatalogImage>;
  remove(identity: Digest): Promise<void>;
}
