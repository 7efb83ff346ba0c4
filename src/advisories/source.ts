import type { Signal } from '../base/signal.ts';
import type { Advisory, AdvisoryDbVersion, Vulnerability } from '../model/advisory.ts';
import type { RedHatBuild } from '../model/package.ts';

/** Which advisories are asked for. */
export interface AdvisoryKey {
  /** OSV-like name: `Debian:12`, `Alpine:v3.18`, `Red Hat:8`, `Ubuntu:22.04:ESM`; table in `ecosystems/distros.ts`. */
  readonly ecosystem: string;
  /** As that ecosystem's advisories write it; modular rpms as `module:stream::name`. */
  readonly name: string;
  /** Red Hat only: selects the products whose entries count. */
  readonly redHatBuild?: RedHatBuild;
}

/** One immutable database, open for reading. Look-ups are local and synchronous. */
export interface AdvisoryStore extends AsyncDisposable {
  readonly version: AdvisoryDbVersion;
  /** True when the database knows this ecosystem at all. */
  covers(ecosystem: string): boolean;
  find(key: AdvisoryKey): readonly Advisory[];
  /** False when a Red Hat build names no product that the database knows, so that the release's usual ones count. */
  knowsBuild(build: RedHatBuild): boolean;
  /** Details of one vulnerability; undefined when the database has none. */
  vulnerability(id: string): Vulnerability | undefined;
  /** Keeps what is worked out from answers, where the database stays open for many images. */
  readonly workedOut?: <T extends object>(key: string, workOut: () => T) => T;
}

/** A kind of database: where it comes from and how it is opened. */
export interface AdvisorySource {
  readonly id: string;
  /** Brings the newest database when due. @throws DrydockError DATABASE_UNAVAILABLE, DATABASE_CORRUPT, … */
  update(options: Signal & { readonly force?: boolean }): Promise<AdvisoryDbVersion>;
  /** The one in use, or undefined when there is none yet. */
  current(): Promise<AdvisoryDbVersion | undefined>;
  /** @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  open(): Promise<AdvisoryStore>;
}
