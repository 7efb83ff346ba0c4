import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import type { Signal } from '../../base/signal.ts';
import type { Image } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { AssessmentWishes } from '../../scan/remote/assess-layers.ts';
import type { ScanRequests } from '../../scan/requests/scan-requests.ts';
import type { Catalog, CatalogImage } from '../../store/catalog/catalog.ts';
import type { LayerAnalyses } from '../../store/layer-analyses.ts';
import type { Readers } from '../../store/readers.ts';
import type { ReportCache } from '../../store/reports.ts';
import type { Caller } from '../caller.ts';

/** Everything behind the API. */
export interface ApiParts {
  readonly version: string;
  /** Aborted when the server begins to stop: from then on it begins no scan any more. */
  readonly stopping?: AbortSignal;
  readonly requests: ScanRequests;
  readonly reports: ReportCache;
  readonly catalog: Catalog;
  readonly readers: Readers;
  /** Asks registries by which of the image's names a credential opens it; undefined: by none. */
  readonly readableName: (
    image: CatalogImage,
    credential: RegistryCredential | undefined,
    options: Signal,
  ) => Promise<string | undefined>;
  /** Layers as the caller's own programs have read them: believed for that caller only. */
  readonly layersOf: (caller: Caller, analyzers: string) => LayerAnalyses;
  /** Judges what a caller's program has read. */
  readonly assess: (
    image: Image,
    layers: readonly AppliedLayer[],
    wishes: AssessmentWishes,
  ) => Promise<Report>;
}

/** The names by which a caller may know an image, by what is remembered alone; undefined: nothing of it is for him. */
export async function namesOpenTo(
  caller: Caller,
  image: CatalogImage,
  { readers }: ApiParts,
): Promise<readonly string[] | undefined> {
  if (caller.scopes.has('admin')) return image.names;
  return await readers.namesFor(image.digest, caller.name);
}
