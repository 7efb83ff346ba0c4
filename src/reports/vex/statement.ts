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
  readonly justification?: string;
  /** For people. */
  readonly statement?: string;
  /** The file it stands in. */
  readonly source: string;
}

export function vexError(source: string, problem: string): DrydockError {
  return new DrydockError('VEX_INVALID', `VEX document ${source} ${problem}`);
}
