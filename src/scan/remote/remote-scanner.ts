import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import type { Signal } from '../../base/signal.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { Image, Layer } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { ChosenAnalyzers } from '../analyzers.ts';
import type { AssessOptions } from '../assess.ts';

/** What is looked for, and how it is judged. */
export interface Wanted extends AssessOptions {
  readonly analyzers: ChosenAnalyzers;
}

/** An image on this side, whose layers are read when they are asked for. */
export interface LayeredSubject {
  readonly image: Image;
  /** Gives the analyses of these layers of the image in their order; known ones are not read again. */
  readonly read: (layers: readonly Layer[], options: Signal) => Promise<readonly AppliedLayer[]>;
}

/** An image that the server shall read itself. */
export interface PullRequest {
  /** A reference, as in `docker pull`. */
  readonly image: string;
  readonly platform?: string;
  readonly force?: boolean;
  /** Shown to the server for the registry; without one the server uses its own. */
  readonly credential?: RegistryCredential;
}

/** A server that judges what was found here. All methods throw DrydockError SERVER_… and what sources throw. */
export interface RemoteScanner {
  /** An image by its layers; only those are read that are needed. */
  judgeImage(subject: LayeredSubject, wanted: Wanted, options: Signal): Promise<Report>;
  /** What is already known as a whole: a directory, a bill of materials. */
  judgeInventory(image: Image, inventory: Inventory, wanted: Wanted, options: Signal): Promise<Report>;
  /** Has the server pull the image, too. @throws DrydockError USAGE_INVALID where it cannot */
  pull(request: PullRequest, options: Signal): Promise<Report>;
}
