import type { EnrichmentSource } from '../advisories/enrichment/source.ts';
import type { JavaDbSource } from '../advisories/java-db/source.ts';
import type { OsvSource } from '../advisories/osv/source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import type { TrivyDbSource } from '../advisories/trivy-db/source.ts';
import type { UsedDirectory } from '../advisories/trivy-db/use-directory.ts';

/** Every database that the settings name, and what scans judge by. */
export interface Databases extends AsyncDisposable {
  /** All advisories, the first of the databases that are named counting most. */
  readonly advisories: AdvisorySource;
  /** Trivy's: the one that is used, and our own copy of the published one. Absent when it is not named. */
  readonly trivy?: { readonly used: TrivyDbSource | UsedDirectory; readonly own: TrivyDbSource };
  readonly osv?: OsvSource;
  readonly java?: JavaDbSource;
  readonly enrichment?: EnrichmentSource;
}
