import type { PackageUrl } from '../../codec/purl.ts';
import { DrydockError } from '../../base/errors.ts';

/** What VEX may say of a vulnerability and a product. */
export type VexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation';

/** Something that is or holds what is spoken of: an image, an application, a package. */
export interface VexProduct {
  readonly purl: PackageUrl;
  /** Parts of the product that are meant; empty means the product as a whole. */
  readonly parts: readonly PackageUrl[];
}

/** One statement of a VEX document, whatever its form. */
export interface VexStatement {
  /** All names of the vulnerability. */
  readonly ids: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  /** When it was made, in milliseconds since 1970; 0 where that is not told. */
  readonly at: number;
  readonly justification?: string;
  /** For people. */
  readonly statement?: string;
  /** The file it stands in. */
  readonly source: string;
}

/** The first of some texts that is a time. */
export function timeOf(...texts: readonly (string | undefined)[]): number {
  return texts.map((text) => Date.parse(text ?? '')).find((time) => !Number.isNaN(time)) ?? 0;
}

export function vexError(source: string, problem: string): DrydockError {
  return new DrydockError('VEX_INVALID', `VEX document ${source} ${problem}`);
}
