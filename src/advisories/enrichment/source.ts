import { join } from 'node:path';
import { DrydockError, isAbort, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import { bringTable, currentTable, type TableKind } from '../indexed/bring-table.ts';
import { toInput } from '../indexed/input.ts';
import { epssKind, kevKind } from './build-tables.ts';
import { ENRICHMENT_ID, openEnrichment, PARTS, type Enrichment, type EnrichmentPart } from './enrichment.ts';

export const KEV_URL = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';
export const EPSS_URL = 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz';

export interface EnrichmentOptions {
  /** The cache's directory: tables lie below it in `enrichment`, which is made when needed. */
  readonly root: string;
  /** Path or URL of the catalogue, as JSON or CSV; absent when it is not wanted. */
  readonly kev?: string;
  /** Path or URL of the scores; absent when they are not wanted. */
  readonly epss?: string;
  /** Asked for when something is to be fetched; stays the caller's. */
  readonly transport: () => Promise<Transport>;
  /** Servers are not asked. */
  readonly offline?: boolean;
  readonly now?: () => Date;
}

export interface EnrichmentStatus {
  readonly part: EnrichmentPart;
  readonly source: string;
  /** Absent where nothing has been brought yet. */
  readonly updatedAt?: string;
  readonly checkedAt?: string;
  readonly entries?: number;
}

export interface EnrichmentSource {
  /** Brings what is due. @throws DrydockError DATABASE_UNAVAILABLE, DATABASE_CORRUPT, … */
  update(options: Signal & { readonly force?: boolean }): Promise<void>;
  status(): Promise<readonly EnrichmentStatus[]>;
  /** @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  open(): Promise<Enrichment>;
}

const KINDS: Readonly<Record<EnrichmentPart, TableKind>> = { kev: kevKind, epss: epssKind };

/**
 * Exploited vulnerabilities and scores, kept in a directory that many processes may share.
 * @throws DrydockError CONFIG_INVALID
 */
export function enrichmentSource(options: EnrichmentOptions): EnrichmentSource {
  const { transport, offline = false, now = () => new Date() } = options;
  const wanted = PARTS.flatMap((part) => {
    const text = options[part];
    const root = join(options.root, ENRICHMENT_ID, part);
    return text === undefined ? [] : [{ part, input: toInput(text), root, kind: KINDS[part] }];
  });
  return {
    async update({ signal, force = false }) {
      const failures: string[] = [];
      for (const { input, root, kind } of wanted) {
        try {
          await bringTable(input, { root, kind, transport, offline, force, now, signal });
        } catch (error) {
          if (signal.aborted || isAbort(error)) throw error;
          if (!(error instanceof DrydockError) || error.code === 'CACHE_UNWRITABLE') throw error;
          if (wanted.length === 1) throw error;
          failures.push(`${kind.title}: ${messageOf(error)}`);
        }
      }
      if (failures.length > 0) throw new DrydockError('DATABASE_UNAVAILABLE', failures.join('; '));
    },
    async status() {
      return await Promise.all(
        wanted.map(async ({ part, input, root }) => {
          const metadata = (await currentTable(root))?.metadata;
          return {
            part,
            source: input.name,
            ...(metadata && { updatedAt: metadata.updatedAt, entries: metadata.taken }),
            ...(metadata?.downloadedAt !== undefined && { checkedAt: metadata.downloadedAt }),
          };
        }),
      );
    },
    open: async () =>
      await openEnrichment(
        options.root,
        wanted.map(({ part }) => part),
      ),
  };
}
