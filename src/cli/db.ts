import type { EnrichmentSource } from '../advisories/enrichment/source.ts';
import type { JavaDbSource } from '../advisories/java-db/source.ts';
import type { OsvSource } from '../advisories/osv/source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import type { TrivyDbSource } from '../advisories/trivy-db/source.ts';
import { DrydockError } from '../base/errors.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import type { Databases } from '../wiring/database-set.ts';
import { openDatabases } from '../wiring/databases.ts';
import { runOf, type Command, type Invocation } from './command.ts';
import { fieldLines, sizeText } from './field-lines.ts';
import { writeText } from './output.ts';
import { readPassword } from './read-password.ts';

/** Brings every database that the settings name. */
export const updateCommand: Command = async (invocation) => {
  const { loaded, signal, host, screen } = invocation;
  refuseForeignDatabase(invocation);
  await using databases = await open(invocation);
  const options = { signal, force: loaded.config.force };
  const told: string[] = [];
  for (const source of [databases.trivy?.own, databases.osv, databases.java])
    if (source) told.push(fieldLines(versionFields(await source.update(options))));
  if (databases.enrichment) {
    await databases.enrichment.update(options);
    told.push(await enrichmentStatus(databases.enrichment));
  }
  screen.clear();
  await writeText(host.stdout, told.join('\n'));
  return 0;
};

/** Takes Trivy's database, or the one of Java archives when only that is named. */
export const importCommand: Command = async (invocation) => {
  const { args, signal, host, screen, loaded } = invocation;
  refuseForeignDatabase(invocation);
  await using databases = await open(invocation);
  const source = loaded.config.db.includes('trivy') ? databases.trivy?.own : databases.java;
  if (!source) throw new DrydockError('USAGE_INVALID', 'only the databases trivy and java can be imported');
  const version = await source.importFrom(args[0] ?? '', { signal });
  screen.clear();
  await writeText(host.stdout, fieldLines(versionFields(version)));
  return 0;
};

export const statusCommand: Command = async (invocation) => {
  const { host, loaded } = invocation;
  await using databases = await open(invocation);
  const { trivy, osv, java, enrichment } = databases;
  const told: string[] = [];
  if (trivy && loaded.config.dbPath !== undefined)
    told.push(await usedStatus(trivy.used, loaded.config.dbPath));
  else if (trivy) told.push(await ownStatus(trivy.own));
  if (osv) told.push(await osvStatus(osv));
  if (java) told.push(await ownStatus(java));
  if (enrichment) told.push(await enrichmentStatus(enrichment));
  await writeText(host.stdout, told.join('\n'));
  return 0;
};

export const verifyCommand: Command = async (invocation) => {
  const { signal, host } = invocation;
  await using databases = await open(invocation);
  const told: string[] = [];
  for (const source of [databases.trivy?.used, databases.java]) {
    if (!source) continue;
    const { sizeBytes, vulnerabilities, advisories, isAsInstalled } = await source.verify({ signal });
    const state = isAsInstalled ? 'sound, and as it was installed' : 'sound';
    const counts = source === databases.java ? {} : { vulnerabilities, advisories };
    told.push(fieldLines({ state, size: sizeText(sizeBytes), ...counts }));
  }
  if (databases.osv) {
    const { entries } = await databases.osv.verify({ signal });
    told.push(fieldLines({ state: 'sound', entries }));
  }
  await writeText(host.stdout, told.join('\n'));
  return 0;
};

async function open(invocation: Invocation): Promise<Databases> {
  const { loaded, host, screen } = invocation;
  const password = await readPassword(loaded.config, [], host.stdin);
  if (password !== undefined) screen.hide(password);
  return await openDatabases(runOf(invocation, password));
}

/** What somebody else keeps is not ours to change. */
function refuseForeignDatabase({ loaded: { config } }: Invocation): void {
  if (config.dbPath === undefined) return;
  throw new DrydockError('USAGE_INVALID', 'the database in --db-path is used as it is, and never changed', {
    hint: 'Leave --db-path out.',
  });
}

async function ownStatus(source: TrivyDbSource | JavaDbSource): Promise<string> {
  const status = await source.status();
  if (!status) throw missing();
  return fieldLines({
    ...versionFields(status.version),
    size: sizeText(status.sizeBytes),
    from: status.from,
    installed: status.installedAt,
    checked: status.checkedAt,
    directory: status.directory,
    update: status.isDue ? 'due' : 'not due yet',
  });
}

async function osvStatus(osv: OsvSource): Promise<string> {
  const lines = (await osv.status()).map(({ source, updatedAt, records, refused, checkedAt }) =>
    fieldLines({
      database: `osv ${source}`,
      built: updatedAt ?? 'not here yet',
      records,
      refused: refused ? refused : undefined,
      checked: checkedAt,
    }),
  );
  return lines.join('\n');
}

async function enrichmentStatus(enrichment: EnrichmentSource): Promise<string> {
  const lines = (await enrichment.status()).map(({ part, source, updatedAt, entries, checkedAt }) =>
    fieldLines({
      database: part,
      from: source,
      built: updatedAt ?? 'not here yet',
      entries,
      checked: checkedAt,
    }),
  );
  return lines.join('\n');
}

async function usedStatus(used: AdvisorySource, directory: string): Promise<string> {
  const version = await used.current();
  if (!version) throw missing();
  return fieldLines({ ...versionFields(version), directory, update: 'never, it is used as it is' });
}

function missing(): DrydockError {
  return new DrydockError('DATABASE_MISSING', 'there is no advisory database yet', {
    hint: 'Run "drydock db update" where there is a network, or "drydock db import FILE" where there is none.',
  });
}

function versionFields({
  source,
  digest,
  builtAt,
  nextUpdateAt,
  sample,
}: AdvisoryDbVersion): Record<string, string | undefined> {
  return {
    database: sample ? `${source} (SAMPLE: knows a handful)` : source,
    digest,
    built: builtAt,
    'next update': nextUpdateAt,
  };
}
