import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Package } from '../../model/package.ts';
import type { Property } from './properties.ts';

export type PartKind = 'container' | 'directory' | 'operating-system' | 'application' | 'library';

/** A part of what was scanned, as every format of bills of materials knows it. */
export interface BillPart {
  /** The same whenever the same image is told. */
  readonly uuid: string;
  readonly kind: PartKind;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly purl?: string;
  readonly properties: readonly Property[];
  readonly package?: Package;
  /** The file it was found in, where that is a part of its own. */
  readonly foundIn?: string;
  readonly vulnerabilities: readonly VulnerabilityFinding[];
  /** What lies in it. */
  readonly holds: BillPart[];
  /** What it needs. */
  readonly needs: BillPart[];
}

export interface Bill {
  readonly uuid: string;
  readonly subject: BillPart;
  /** All but the subject. */
  readonly parts: readonly BillPart[];
}
