import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { DatabaseDiff } from '../advisories/diff/database-diff.ts';
import { sha256Of } from '../base/digest.ts';
import { isAbort, messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import { isJudgedAlike } from '../match/advisory-names.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Digest } from '../model/image.ts';
import type { Report, ScanKey } from '../model/report.ts';
import type { Catalog, CatalogEntry, CatalogImage } from '../store/catalog/catalog.ts';
import type { Leases } from '../store/leases.ts';
import { toCatalogEntry } from './catalog-entry.ts';
import { imagesOf, SHARDS, type Shard } from './shards.ts';

/**
 * From one state of the databases to the next, each as keys of reports name it. When both are the same, only what was
 * judged by any other is looked at, as by a replica that had an older one for longer.
 */
export interface DatabaseStep {
  readonly before: string;
  readonly after: string;
  readonly diff: DatabaseDiff;
}

export interface RematchParts {
  readonly catalog: Catalog;
  readonly findInventory: (image: CatalogImage) => Promise<Inventory | undefined>;
  /**
   * Judges by the databases in use and remembers the report, without asking a registry; undefined when that cannot be
   * done, as when nothing but the inventory is known.
   */
  readonly assessInventory: (
    image: CatalogImage,
    inventory: Inventory,
  ) => Promise<{ readonly report: Report; readonly key: ScanKey } | undefined>;
  /** Of several replicas one at a time works on a part; without them it is alone. */
  readonly leases?: Leases;
  readonly now: () => Date;
  /** Images that nobody asked for in so long are no longer known. Default for ever. */
  readonly keepSeconds?: number;
}

export interface RematchOptions extends Signal {
  /** Images at once. */
  readonly concurrency?: number;
  /** Awaited before each image: lets work go first that somebody waits for. */
  readonly pause?: () => Promise<void>;
  /** Which parts of the catalogue are looked at. Default all. */
  readonly shards?: readonly Shard[];
  /** How often it is asked whether others are done with their parts. */
  readonly lookMs?: number;
}

export interface Rematched {
  /** All that were looked at here; what others do is not counted. */
  readonly images: number;
  /** Judged anew. */
  readonly rematched: number;
  /** As good as before: their reports were carried over. */
  readonly carried: number;
  /** Done before this began. */
  readonly done: number;
  /** Their inventory is not kept, so that they are judged when they are asked for. */
  readonly skipped: number;
  /** Nobody has asked for them in a long time. */
  readonly forgotten: number;
  readonly failures: readonly string[];
}

/** What several have done of one step. */
export function sumOf(parts: readonly Rematched[]): Rematched {
  const sum = emptyTally();
  for (const part of parts) {
    for (const key of COUNTS) sum[key] += part[key];
    sum.failures = [...sum.failures, ...part.failures].slice(0, MAX_FAILURES);
  }
  return sum;
}

const COUNTS = ['images', 'rematched', 'carried', 'done', 'skipped', 'forgotten'] as const;

function emptyTally(): Tally {
  return { images: 0, rematched: 0, carried: 0, done: 0, skipped: 0, forgotten: 0, failures: [] };
}

const LEASE_SECONDS = 60;
const LOOK_MS = 1000;
/** Parts at once: while one writes down what it has done, another goes on. */
const LANES = 2;
/** What is written to the catalogue at once. */
const BATCH = 64;
const MAX_FAILURES = 20;

type Tally = { -readonly [K in keyof Rematched]: Rematched[K] };

/**
 * Brings reports of known images up to a new state of the databases: what has a package or a vulnerability that
 * changed is judged anew from its inventory, the rest is carried over. What was done is known by the key of the report
 * in the catalogue, so that after a kill only the rest is done. Parts that another replica holds are left to it, and
 * looked at when it has given them back: it may have died over them.
 *
 * An image that cannot be judged does not keep others from it. @throws what the catalogue throws, and when called off
 */
export async function rematch(
  step: DatabaseStep,
  parts: RematchParts,
  options: RematchOptions,
): Promise<Rematched> {
  const tally = emptyTally();
  const affected = await findAffected(step.diff, parts.catalog, options);
  const work: Work = { step, affected, parts, tally };
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const shards = (options.shards ?? SHARDS)[Symbol.iterator]();
  const held: Shard[] = [];
  const lane = async (): Promise<void> => {
    for (const shard of shards)
      if (!(await rematchLeased(shard, work, { ...options, signal }))) held.push(shard);
  };
  const lanes = Array.from({ length: LANES }, () =>
    lane().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  for (const shard of held)
    while (!(await rematchLeased(shard, work, options)))
      await wait(options.lookMs ?? LOOK_MS, undefined, { signal: options.signal });
  return tally;
}

/** What all parts of the catalogue share. */
interface Work {
  readonly step: DatabaseStep;
  readonly affected: Affected;
  readonly parts: RematchParts;
  readonly tally: Tally;
}

/** False: somebody else holds it. */
async function rematchLeased(shard: Shard, work: Work, options: RematchOptions): Promise<boolean> {
  const { step, parts } = work;
  options.signal.throwIfAborted();
  const name = `rematch/${sha256Of(step.after)}/${shard.name}`;
  const lease = await parts.leases?.take(name, { ttlSeconds: LEASE_SECONDS });
  if (parts.leases && !lease) return false;
  try {
    const signal = lease ? AbortSignal.any([options.signal, lease.lost]) : options.signal;
    await rematchShard(shard, work, { ...options, signal });
    return true;
  } catch (error) {
    // Whoever has the lease by now goes on with it.
    if (!lease?.lost.aborted || options.signal.aborted) throw error;
    return false;
  } finally {
    await lease?.[Symbol.asyncDispose]();
  }
}

type Affected = (identity: Digest) => boolean;

async function findAffected(diff: DatabaseDiff, catalog: Catalog, { signal }: Signal): Promise<Affected> {
  if (diff.unknown !== undefined) return () => true;
  const affected = new Set<Digest>();
  const lists = [
    ...(diff.changed.size > 0 ? [catalog.withAdvisoryNames(diff.changed)] : []),
    ...(diff.vulnerabilities.size > 0 ? [catalog.withVulnerabilities(diff.vulnerabilities)] : []),
  ];
  for (const list of lists) {
    for await (const { identity } of list) {
      signal.throwIfAborted();
      affected.add(identity);
    }
  }
  return (identity) => affected.has(identity);
}

async function rematchShard(shard: Shard, work: Work, options: RematchOptions): Promise<void> {
  const { step, affected, parts, tally } = work;
  let toCarry: Digest[] = [];
  let toRematch: CatalogImage[] = [];
  const carry = async (): Promise<void> => {
    await parts.catalog.carry(toCarry, step.before, step.after);
    tally.carried += toCarry.length;
    toCarry = [];
  };
  const judge = async (): Promise<void> => {
    await rematchBatch(toRematch, work, options);
    toRematch = [];
  };
  const now = parts.now();
  const toForget: Digest[] = [];
  for await (const image of imagesOf(shard, parts.catalog)) {
    options.signal.throwIfAborted();
    tally.images++;
    if (isForgotten(image, parts, now)) toForget.push(image.identity);
    else if (image.report.advisoryDbs === step.after) tally.done++;
    else if (isAsBefore(image, step, affected, now)) toCarry.push(image.identity);
    else toRematch.push(image);
    if (toRematch.length >= BATCH) await judge();
    if (toCarry.length >= BATCH * BATCH) await carry();
  }
  await judge();
  await carry();
  for (const identity of toForget) await parts.catalog.remove(identity);
  tally.forgotten += toForget.length;
}

function isForgotten(
  { askedAt, scannedAt }: CatalogImage,
  { keepSeconds }: RematchParts,
  now: Date,
): boolean {
  return keepSeconds !== undefined && now.getTime() - Date.parse(askedAt ?? scannedAt) > keepSeconds * 1000;
}

/** A report of yet another database says nothing: what changed since then is not known. */
function isAsBefore(image: CatalogImage, { before }: DatabaseStep, affected: Affected, now: Date): boolean {
  return (
    image.report.advisoryDbs === before &&
    !affected(image.identity) &&
    isJudgedAlike(image.os, new Date(image.scannedAt), now)
  );
}

async function rematchBatch(
  images: readonly CatalogImage[],
  { step, parts, tally }: Work,
  { signal, pause, concurrency = 8 }: RematchOptions,
): Promise<void> {
  const entries: CatalogEntry[] = [];
  const waiting = images[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const image of waiting) {
      await pause?.();
      await setImmediate();
      signal.throwIfAborted();
      try {
        const entry = await rematchImage(image, step, parts);
        if (entry) entries.push(entry);
        else tally.skipped++;
      } catch (error) {
        if (isAbort(error) && signal.aborted) throw error;
        if (tally.failures.length < MAX_FAILURES)
          tally.failures = [...tally.failures, `${image.identity}: ${messageOf(error)}`];
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    // Reports that are made already are worth being known of.
    await parts.catalog.noteAll(entries);
    tally.rematched += entries.length;
  }
}

async function rematchImage(
  image: CatalogImage,
  step: DatabaseStep,
  { findInventory, assessInventory }: RematchParts,
): Promise<CatalogEntry | undefined> {
  const inventory = await findInventory(image);
  const assessed = inventory && (await assessInventory(image, inventory));
  // The databases may have moved on meanwhile: their own step is still to come.
  if (assessed?.key.advisoryDbs !== step.after) return undefined;
  return toCatalogEntry(assessed.report, assessed.key);
}
