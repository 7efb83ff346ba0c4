import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import { makeFolder } from '../../base/make-folder.ts';
import type { Config } from '../../config/schema.ts';
import { openSealedValues, type SealedValues } from '../../store/sealed-values.ts';
import type { SharedStore } from './shared-store.ts';

const KEY_BYTES = 32;

/** Without a key that all replicas know, logins of callers cannot be handed from one to another: none are taken. */
export async function openCredentials(config: Config, store: SharedStore): Promise<SealedValues | undefined> {
  const key = await credentialKey(config, store);
  return key && openSealedValues(store.records, key);
}

/** By which credentials are sealed; undefined where there is none that all processes know. */
export async function credentialKey(config: Config, store: SharedStore): Promise<Uint8Array | undefined> {
  if (config.encryptionKey !== undefined) return parseKey(config.encryptionKey);
  if (store.isShared || config.nats !== undefined) return undefined;
  return await ownKey(join(config.cacheDir, 'jobs.key'));
}

function parseKey(text: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new DrydockError('CONFIG_INVALID', `the encryption key is not ${KEY_BYTES} bytes in base64`, {
    hint: 'Make one with: head -c 32 /dev/urandom | base64',
  });
}

/** Of all processes that share the directory, made by the first. */
async function ownKey(path: string): Promise<Uint8Array> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await makeFolder(dirname(path));
  await writeFile(temporary, randomBytes(KEY_BYTES), { mode: 0o600 });
  try {
    await link(temporary, path); // whole or not at all
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const key = await readFile(path);
  if (key.length === KEY_BYTES) return key;
  throw new DrydockError('CONFIG_INVALID', `${path} is no key`, { hint: 'Remove it: another one is made.' });
}
