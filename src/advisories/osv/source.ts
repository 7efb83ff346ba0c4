import { join } from 'node:path';
import { sha256Of } from '../../base/digest.ts';
import { DrydockError, isAbort, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import { bringTable, currentTable, type DescribedTable, type TableKind } from '../indexed/bring-table.ts';
import { directoryNameOf, toInput, type Input } from '../indexed/input.ts';
import { openTable, settled, walkTable, type OpenTable } from '../indexed/open-table.ts';
import type { AdvisorySource, AdvisoryStore } from '../source.ts';
import { ECOSYSTEMS } from './ecosystem-names.ts';
import { openOsvStore } from './osv-table.ts';
import { stampOf } from './read-records.ts';

export const OSV_SOURCE_ID = 'osv';
/** Where OSV publishes an archive of the records of each ecosystem. */
export const OSV_BASE_URL = 'https://osv-vulnerabilities.storage.googleapis.com';

export interface OsvOptions {
  /** The cache's directory: tables lie below it in `osv`, which is made when needed. */
  readonly root: string;
  /**
   * All of these together: the name of an ecosystem (`npm`, `Debian`), the URL of an archive, or the path of an
   * archive, of a directory or of a record.
   */
  readonly sources: readonly string[];
  /** Below which `<ecosystem>/all.zip` lies. */
  readonly baseUrl?: string;
  /** Asked for when something is to be fetched; stays the caller's. */
  readonly transport: () => Promise<Transport>;
  /** Servers are not asked. */
  readonly offline?: boolean;
  readonly now?: () => Date;
}

export interface OsvInputStatus {
  readonly source: string;
  /** Absent where nothing has been brought yet. */
  readonly updatedAt?: string;
  readonly checkedAt?: string;
  readonly records?: number;
  readonly refused?: number;
}

export interface OsvSource extends AdvisorySource {
  status(): Promise<readonly OsvInputStatus[]>;
  /** Reads all of the tables in use. @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  verify(options: Signal): Promise<{ readonly entries: number }>;
}

const SIX_HOURS_MS = 6 * 3_600_000;

const kind: TableKind = {
  title: 'OSV records',
  restMs: SIX_HOURS_MS,
  maxBytes: 8 * 2 ** 30,
  revision: 2,
  stampOf,
  // Who only looks things up needs none of what reads records.
  build: async (...given) => await (await import('./build-table.ts')).buildOsvTable(...given),
};

/**
 * Records in the format of OSV, indexed once into tables of their own.
 * @throws DrydockError CONFIG_INVALID
 */
export function osvSource(options: OsvOptions): OsvSource {
  const { transport, offline = false, now = () => new Date() } = options;
  const inputs = options.sources.map((text) => osvInput(text, options.baseUrl ?? OSV_BASE_URL));
  const rootOf = (input: Input): string => join(options.root, OSV_SOURCE_ID, directoryNameOf(input));

  async function tables(): Promise<readonly DescribedTable[]> {
    const found: DescribedTable[] = [];
    for (const input of inputs) {
      const table = await currentTable(rootOf(input));
      if (!table || table.metadata.revision !== kind.revision) throw missing(input);
      found.push(table);
    }
    return found;
  }

  async function open(): Promise<AdvisoryStore> {
    if (inputs.length === 0) throw new DrydockError('CONFIG_INVALID', 'no source of OSV records is named');
    const { described, opened } = await settled(async () => {
      const described = await tables();
      return { described, opened: await openAll(described) };
    });
    const close = (): void => opened.forEach((each) => each.close());
    return openOsvStore(
      opened.map(({ table }) => table),
      toVersion(described),
      close,
    );
  }

  return {
    id: OSV_SOURCE_ID,
    open,
    async update({ signal, force = false }) {
      const brought: DescribedTable[] = [];
      const failures: string[] = [];
      for (const input of inputs) {
        try {
          brought.push(
            await bringTable(input, { root: rootOf(input), kind, transport, offline, force, now, signal }),
          );
        } catch (error) {
          if (signal.aborted || isAbort(error)) throw error;
          if (!(error instanceof DrydockError) || error.code === 'CACHE_UNWRITABLE') throw error;
          if (inputs.length === 1) throw error;
          failures.push(`${input.name}: ${messageOf(error)}`);
        }
      }
      if (failures.length > 0) throw unavailable(failures);
      return toVersion(brought);
    },
    async current() {
      try {
        return toVersion(await tables());
      } catch (error) {
        if (error instanceof DrydockError && error.code === 'DATABASE_MISSING') return undefined;
        throw error;
      }
    },
    async status() {
      return await Promise.all(inputs.map((input) => statusOf(input, rootOf(input))));
    },
    async verify({ signal }) {
      const opened = await settled(async () => await openAll(await tables()));
      let entries = 0;
      try {
        for (const { table } of opened) entries += await walkTable(table, { signal });
      } finally {
        for (const each of opened) each.close();
      }
      return { entries };
    },
  };
}

async function openAll(described: readonly DescribedTable[]): Promise<OpenTable[]> {
  const opened: OpenTable[] = [];
  try {
    for (const { database } of described) opened.push(await openTable(database.directory));
    return opened;
  } catch (error) {
    for (const each of opened) each.close();
    throw error;
  }
}

/** The archive of an ecosystem, unless the text is a URL or a path. */
function osvInput(text: string, baseUrl: string): Input {
  return ECOSYSTEMS.includes(text)
    ? {
        ...toInput(`${baseUrl.replace(/\/+$/, '')}/${encodeURIComponent(text)}/all.zip`),
        name: `OSV ${text}`,
      }
    : toInput(text);
}

async function statusOf(input: Input, root: string): Promise<OsvInputStatus> {
  const table = await currentTable(root);
  if (!table) return { source: input.name };
  const { updatedAt, downloadedAt, taken, refused } = table.metadata;
  return {
    source: input.name,
    updatedAt,
    ...(downloadedAt !== undefined && { checkedAt: downloadedAt }),
    records: taken,
    refused,
  };
}

/** The order of sources has no part in it, as all are heard. */
function toVersion(described: readonly DescribedTable[]): AdvisoryDbVersion {
  const digests = [...new Set(described.map(({ database }) => database.digest))].toSorted();
  const built = described.map(({ metadata }) => metadata.updatedAt).toSorted();
  const [only] = digests;
  return {
    source: OSV_SOURCE_ID,
    digest: digests.length === 1 && only !== undefined ? only : sha256Of(digests.join('\n')),
    builtAt: built.at(-1) ?? '',
  };
}

function missing({ name }: Input): DrydockError {
  return new DrydockError('DATABASE_MISSING', `the OSV records of ${name} are not here yet`, {
    hint: 'Run "drydock db update" where there is a network, or name a directory or an archive of records.',
  });
}

function unavailable(failures: readonly string[]): DrydockError {
  return new DrydockError(
    'DATABASE_UNAVAILABLE',
    `not all OSV records could be brought: ${failures.join('; ')}`,
    {
      hint: 'Name a mirror, or a directory or an archive of records.',
    },
  );
}
