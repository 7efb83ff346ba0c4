import { join } from 'node:path';
import { sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import { damagedTable } from '../../codec/sorted-table/layout.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Epss, KnownExploited } from '../../model/finding.ts';
import { currentTable, type DescribedTable } from '../indexed/bring-table.ts';
import { openTable, settled, type OpenTable } from '../indexed/open-table.ts';

export const ENRICHMENT_ID = 'enrichment';
/** Below the directory of enrichment. */
export const PARTS = ['kev', 'epss'] as const;
export type EnrichmentPart = (typeof PARTS)[number];

/** What is known of vulnerabilities beside advisories. Look-ups are local and synchronous. */
export interface Enrichment extends Disposable {
  /** Undefined where nobody is known to use it, and where the catalogue is not here. */
  exploited(id: string): KnownExploited | undefined;
  epss(id: string): Epss | undefined;
  readonly version: AdvisoryDbVersion;
}

/**
 * Opens what is here of exploited vulnerabilities and of scores.
 *
 * @param directory the cache's directory
 * @throws DrydockError DATABASE_MISSING when there is neither, DATABASE_CORRUPT; the look-ups too
 */
export async function openEnrichment(
  directory: string,
  parts: readonly EnrichmentPart[] = PARTS,
): Promise<Enrichment> {
  const opened = new Map<EnrichmentPart, OpenTable>();
  const close = (): void => opened.forEach((each) => each.close());
  try {
    const versions: string[] = [];
    const times: string[] = [];
    for (const part of parts) {
      const found = await settled(() => openPart(join(directory, ENRICHMENT_ID, part)));
      if (!found) continue;
      opened.set(part, found.table);
      versions.push(`${part} ${found.described.database.digest}\n`);
      times.push(found.described.metadata.updatedAt);
    }
    if (opened.size === 0) {
      throw new DrydockError('DATABASE_MISSING', `${parts.join(' and ')} are not here yet`, {
        hint: 'Run "drydock db update" where there is a network, or name files of them.',
      });
    }
    return {
      exploited: (id) => toExploited(lookUp(opened.get('kev'), id)),
      epss: (id) => toEpss(lookUp(opened.get('epss'), id)),
      version: {
        source: [...opened.keys()].join('+'),
        digest: sha256Of(versions.join('')),
        builtAt: times.toSorted()[0] ?? '',
      },
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function openPart(
  root: string,
): Promise<{ readonly described: DescribedTable; readonly table: OpenTable } | undefined> {
  const described = await currentTable(root);
  return described && { described, table: await openTable(described.database.directory) };
}

type Fields = Readonly<Record<string, unknown>>;

function lookUp(opened: OpenTable | undefined, id: string): Fields | undefined {
  const value = opened?.table.get(id)[0];
  if (value === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Fields;
  } catch {
    // Told below.
  }
  throw damagedTable('a record in it is no JSON');
}

function toExploited(fields: Fields | undefined): KnownExploited | undefined {
  if (!fields) return undefined;
  const { addedOn, dueOn, ransomware } = fields;
  if (typeof addedOn !== 'string') throw damagedTable('an exploited vulnerability in it is none');
  return {
    addedOn,
    ...(typeof dueOn === 'string' && { dueOn }),
    ...(ransomware === true && { ransomware }),
  };
}

function toEpss(fields: Fields | undefined): Epss | undefined {
  if (!fields) return undefined;
  const { score, percentile, date } = fields;
  if (typeof score !== 'number' || typeof percentile !== 'number')
    throw damagedTable('a score in it is none');
  return { score, percentile, ...(typeof date === 'string' && { date }) };
}
