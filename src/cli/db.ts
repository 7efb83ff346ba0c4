import { DrydockError } from '../base/errors.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import { openDatabases, type Databases } from '../wiring.ts';
import { runOf, type Command, type Invocation } from './command.ts';
import { fieldLines, sizeText } from './field-lines.ts';
import { writeText } from './output.ts';
import { readPassword } from './read-password.ts';

export const updateCommand: Command = async (invocation) => {
  const { loaded, signal, host, screen } = invocation;
  refuseForeignDatabase(invocation);
  await using databases = await open(invocation);
  const version = await databases.own.update({ signal, force: loaded.config.force });
  screen.clear();
  await writeText(host.stdout, fieldLines(versionFields(version)));
  return 0;
};

export const importCommand: Command = async (invocation) => {
  const { args, signal, host, screen } = invocation;
  refuseForeignDatabase(invocation);
  await using databases = await open(invocation);
  const version = await databases.own.importFrom(args[0] ?? '', { signal });
  screen.clear();
  await writeText(host.stdout, fieldLines(versionFields(version)));
  return 0;
};

export const statusCommand: Command = async (invocation) => {
  const { host, loaded } = invocation;
  await using databases = await open(invocation);
  const lines =
    loaded.config.dbPath === undefined
      ? await ownStatus(databases)
      : await usedStatus(databases, loaded.config.dbPath);
  await writeText(host.stdout, lines);
  return 0;
};

export const verifyCommand: Command = async (invocation) => {
  const { signal, host } = invocation;
  await using databases = await open(invocation);
  const { sizeBytes, vulnerabilities, advisories, isAsInstalled } = await databases.used.verify({ signal });
  const fields = {
    state: isAsInstalled ? 'sound, and as it was installed' : 'sound',
    size: sizeText(sizeBytes),
    vulnerabilities,
    advisories,
  };
  await writeText(host.stdout, fieldLines(fields));
  return 0;
};

async function open(invocation: Invocation): Promise<Databases> {
  const { loaded, host, screen } = invocation;
  const password = await readPassword(loaded.config, [], host.stdin);
  if (password !== undefined) screen.hide(password);
  return openDatabases(runOf(invocation, password));
}

/** What somebody else keeps is not ours to change. */
function refuseForeignDatabase({ loaded: { config } }: Invocation): void {
  if (config.dbPath === undefined) return;
  throw new DrydockError('USAGE_INVALID', 'the database in --db-path is used as it is, and never changed', {
    hint: 'Leave --db-path out.',
  });
}

async function ownStatus({ own }: Databases): Promise<string> {
  const status = await own.status();
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

async function usedStatus({ used }: Databases, directory: string): Promise<string> {
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
