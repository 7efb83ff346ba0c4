import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';
import { openBbolt, type BboltBucket } from '../../codec/bbolt/bbolt.ts';
import type { ReadAt } from '../../codec/bbolt/pages.ts';
import type { Advisory, AdvisoryDbVersion, DataSource } from '../../model/advisory.ts';
import type { Digest } from '../../model/image.ts';
import type { AdvisoryKey, AdvisoryStore } from '../source.ts';
import { bucketPrefixOf, bucketsOf } from './buckets.ts';
import { parseObject, textField } from './json-value.ts';
import { METADATA_FILE, parseMetadata, type TrivyDbMetadata } from './metadata.ts';
import { ORIGIN_FILE, parseOrigin } from './origin.ts';
import { parseAdvisories, parseRedHatAdvisories } from './parse-advisory.ts';
import { parseLanguageAdvisory } from './parse-language-advisory.ts';
import { parseVulnerability } from './parse-vulnerability.ts';
import { openRedHatProducts, type RedHatProducts } from './red-hat-products.ts';

export const SOURCE_ID = 'trivy-db';
export const DATABASE_FILE = 'trivy.db';
const RED_HAT_BUCKET = 'Red Hat';

/**
 * Opens an installed database in place. The file is held open, so that it stays readable when the directory is
 * removed meanwhile.
 *
 * @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT, DATABASE_UNSUPPORTED
 */
export async function openTrivyDb(directory: string): Promise<AdvisoryStore> {
  const origin = parseOrigin(await readPart(directory, ORIGIN_FILE));
  const metadata = parseMetadata(await readPart(directory, METADATA_FILE));
  const file = openDatabaseFile(join(directory, DATABASE_FILE));
  try {
    if (file.sizeBytes !== origin.sizeBytes) {
      throw new DrydockError(
        'DATABASE_CORRUPT',
        `the advisory database has ${file.sizeBytes} bytes where ${origin.sizeBytes} were installed`,
        { hint: 'Run "drydock db update --force" to fetch it anew.' },
      );
    }
    return openStore(file, toVersion(metadata, origin.digest));
  } catch (error) {
    file.close();
    throw error;
  }
}

export function toVersion(
  metadata: TrivyDbMetadata,
  digest: Digest,
  source: string = SOURCE_ID,
): AdvisoryDbVersion {
  return {
    source,
    digest,
    builtAt: metadata.updatedAt,
    ...(metadata.nextUpdateAt !== undefined && { nextUpdateAt: metadata.nextUpdateAt }),
    ...(metadata.isSample && { sample: true }),
  };
}

/** A file of a database's directory. */
export async function readPart(directory: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(directory, name));
  } catch (cause) {
    throw unreadable(join(directory, name), cause);
  }
}

/** A database file that is open for reading until it is closed. */
export interface DatabaseFile {
  readonly read: ReadAt;
  readonly sizeBytes: number;
  close(): void;
}

export function openDatabaseFile(path: string): DatabaseFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    return {
      sizeBytes: size,
      read(into, position) {
        // The number of a closed file may be that of another one by now.
        if (descriptor === undefined)
          throw new DrydockError('INTERNAL', 'the advisory database was asked after it was closed');
        return readSync(descriptor, into, 0, into.length, position);
      },
      close() {
        if (descriptor !== undefined) closeSync(descriptor);
        descriptor = undefined;
      },
    };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): DrydockError {
  if (cause instanceof DrydockError) return cause;
  const code = hasErrno(cause, 'ENOENT', 'ENOTDIR') ? 'DATABASE_MISSING' : 'DATABASE_CORRUPT';
  return new DrydockError(code, `the advisory database cannot be read at ${path}: ${messageOf(cause)}`, {
    cause,
  });
}

/** @param file is closed with the store */
export function openStore(file: DatabaseFile, version: AdvisoryDbVersion): AdvisoryStore {
  const { root } = openBbolt(file.read, file.sizeBytes);
  const vulnerabilities = root.bucket('vulnerability');
  const dataSources = root.bucket('data-source');
  if (!vulnerabilities || !dataSources) {
    throw new DrydockError('DATABASE_CORRUPT', 'the advisory database lacks the buckets that every one has');
  }
  const buckets = openTopBuckets(root, dataSources);
  let products: RedHatProducts | undefined;
  const redHatProducts = (): RedHatProducts => (products ??= openRedHatProducts(root));

  /** Names of an ecosystem's buckets, looked for once. */
  const languageBuckets = new Map<string, readonly string[]>();
  function bucketsBelow(prefix: string): readonly string[] {
    const known = languageBuckets.get(prefix);
    if (known) return known;
    const names = Array.from(root.entries(prefix), ({ key }) => key.toString());
    languageBuckets.set(prefix, names);
    return names;
  }

  function findInLanguage(prefix: string, name: string): Advisory[] {
    return bucketsBelow(prefix).flatMap((bucket) => {
      const top = buckets(bucket);
      return Array.from(top?.bucket.bucket(name)?.entries() ?? [], ({ key, value }) => {
        const id = key.toString();
        return value ? [parseLanguageAdvisory(id, value, top?.source, `${id} of ${name}`)] : [];
      }).flat();
    });
  }

  return {
    version,
    covers(ecosystem) {
      const prefix = bucketPrefixOf(ecosystem);
      const names = prefix === undefined ? bucketsOf(ecosystem) : bucketsBelow(prefix);
      return names.some((name) => buckets(name) !== undefined);
    },
    find(key) {
      const prefix = bucketPrefixOf(key.ecosystem);
      if (prefix !== undefined) return findInLanguage(prefix, key.name);
      const found = bucketsOf(key.ecosystem).flatMap((name) => {
        const top = buckets(name);
        return top ? [advisoriesIn(top, key, redHatProducts)] : [];
      });
      return found.length > 1 ? overridden(found) : (found[0] ?? []);
    },
    knowsBuild: (build) => redHatProducts().knows(build),
    vulnerability(id) {
      const value = vulnerabilities.get(id);
      return value && parseVulnerability(id, value);
    },
    async [Symbol.asyncDispose]() {
      file.close();
    },
  };
}

interface TopBucket {
  readonly name: string;
  readonly bucket: BboltBucket;
  readonly source: DataSource | undefined;
}

/** Looked up once each. */
function openTopBuckets(
  root: BboltBucket,
  dataSources: BboltBucket,
): (name: string) => TopBucket | undefined {
  const known = new Map<string, TopBucket | undefined>();
  return (name) => {
    if (known.has(name)) return known.get(name);
    const bucket = root.bucket(name);
    const top = bucket && { name, bucket, source: toDataSource(dataSources.get(name), name) };
    known.set(name, top);
    return top;
  };
}

function toDataSource(value: Uint8Array | undefined, name: string): DataSource | undefined {
  if (value === undefined) return undefined;
  const fields = parseObject(value, name);
  const baseId = textField(fields, 'BaseID', name);
  return {
    id: textField(fields, 'ID', name),
    name: textField(fields, 'Name', name),
    url: textField(fields, 'URL', name),
    ...(baseId !== '' && { baseId }),
  };
}

function advisoriesIn(top: TopBucket, key: AdvisoryKey, redHatProducts: () => RedHatProducts): Advisory[] {
  const entries = top.bucket.bucket(key.name)?.entries() ?? [];
  const release = key.ecosystem.slice(key.ecosystem.indexOf(':') + 1);
  const products = top.name === RED_HAT_BUCKET ? redHatProducts().of(release, key.redHatBuild) : undefined;
  const advisories: Advisory[] = [];
  for (const { key: idBytes, value } of entries) {
    if (value === undefined) continue;
    const id = idBytes.toString();
    const of = `${id} of ${key.name}`;
    advisories.push(
      ...(products
        ? parseRedHatAdvisories(id, value, products, of)
        : parseAdvisories(id, value, top.source, of)),
    );
  }
  return advisories;
}

/** Of several buckets the last that speaks of a vulnerability is heard. */
function overridden(lists: readonly (readonly Advisory[])[]): Advisory[] {
  const heard = new Map<string, readonly Advisory[]>();
  for (const list of lists) for (const { id } of list) heard.set(id, list);
  return lists.flatMap((list) => list.filter(({ id }) => heard.get(id) === list));
}
