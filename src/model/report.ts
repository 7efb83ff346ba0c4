import type { AdvisoryDbVersion } from './advisory.ts';
import type { Diagnostic, OperatingSystem } from './analysis.ts';
import type { Finding } from './finding.ts';
import type { Digest, Image } from './image.ts';
import type { Package } from './package.ts';

/** The whole truth about one image and one database; filters and formats are applied when it is told. */
export interface Report {
  readonly schema: 1;
  readonly image: Image;
  /** RFC 3339, UTC. */
  readonly scannedAt: string;
  /** Program and version that made it. */
  readonly engine: string;
  readonly advisoryDbs: readonly AdvisoryDbVersion[];
  readonly os?: OperatingSystem;
  /** The operating system gets no more security updates; decided when the report was made. */
  readonly endOfLife?: boolean;
  /** Uncompressed size of each layer by diffID, where it was read. */
  readonly layerSizes: Readonly<Record<string, number>>;
  readonly packages: readonly Package[];
  readonly findings: readonly Finding[];
  /** Only in what is told to one asker; a stored report never has it. */
  readonly suppressed?: readonly SuppressedFinding[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A finding that is not counted, and on whose word. */
export interface SuppressedFinding {
  readonly finding: Finding;
  /** `ignored` by a rule of the asker, else what a VEX document says. */
  readonly status: 'ignored' | 'not_affected' | 'fixed';
  readonly statement?: string;
  /** VEX's word for why, such as `vulnerable_code_not_present`. */
  readonly justification?: string;
  /** The file that says so. */
  readonly source: string;
}

/** Never a tag, a filter or a format: one result serves every asker. */
export interface ScanKey {
  readonly image: Digest;
  readonly analyzers: string;
  readonly advisoryDbs: string;
  /** Options that change what is found (severity sources, …), in a fixed spelling. */
  readonly options: string;
  readonly engine: string;
}
