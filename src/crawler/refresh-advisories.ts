import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { notices } from '../base/channels.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import type { Digest } from '../model/image.ts';
import type { Leases } from '../store/leases.ts';
import { secondsToNext } from './scheduler.ts';
import type { SharedArchives } from './shared-archive.ts';

/** A kind of database that is kept fresh. */
export interface RefreshedSource {
  readonly id: string;
  current(): Promise<AdvisoryDbVersion | undefined>;
  /** Brings the newest one when it is due. */
  update(options: Signal): Promise<AdvisoryDbVersion>;
  /** Makes an archive the one in use. Absent: every replica fetches its own. */
  importFrom?(path: string, options: Signal): Promise<AdvisoryDbVersion>;
  /** The archive of the one in use, as it came; undefined when it was not kept. */
  archive?(): Promise<{ readonly path: string; readonly digest: Digest } | undefined>;
}

export interface RefreshParts {
  readonly source: RefreshedSource;
  readonly leases?: Leases;
  readonly archives?: SharedArchives;
  /** Where an archive is put for a moment; the system's place for such by default. */
  readonly directory?: string;
  /** After the swap. What it throws is told as a notice. */
  readonly onSwap: (
    before: AdvisoryDbVersion | undefined,
    after: AdvisoryDbVersion,
    options: Signal,
  ) => Promise<void>;
}

export interface RefreshOptions {
  readonly intervalSeconds: number;
  /** How long a replica that does not lead waits for the one that does before it fetches by itself. */
  readonly patienceSeconds?: number;
  readonly random?: () => number;
}

const LEASE_SECONDS = 30;
const DEFAULT_PATIENCE_SECONDS = 300;
const LOOK_EVERY_MS = 2_000;

/**
 * Keeps a database fresh until it is called off. Of several replicas one fetches, and the others take the same archive
 * out of the store; what is in use stays in use when that fails, which is told as a notice and tried again.
 */
export async function keepFresh(parts: RefreshParts, options: RefreshOptions & Signal): Promise<void> {
  const { intervalSeconds, signal, random = Math.random } = options;
  let reported = (await parts.source.current().catch(() => undefined)) ?? undefined;
  for (let failures = 0; !signal.aborted;) {
    try {
      const after = await refresh(parts, options);
      failures = 0;
      if (after.digest !== reported?.digest) await swapped(parts, reported, after, { signal });
      reported = after;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      const used = reported ? `; the one of ${reported.builtAt.slice(0, 10)} is used` : '';
      notices.publish({ code: 'DATABASE_NOT_UPDATED', message: `${messageOf(error)}${used}` });
    }
    const pauseMs = secondsToNext(intervalSeconds, failures, random) * 1000;
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => undefined); // called off
  }
}

async function swapped(
  { onSwap, source }: RefreshParts,
  before: AdvisoryDbVersion | undefined,
  after: AdvisoryDbVersion,
  { signal }: Signal,
): Promise<void> {
  try {
    await onSwap(before, after, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    notices.publish({ code: 'REMATCH_FAILED', message: `${source.id}: ${messageOf(error)}` });
  }
}

/**
 * One round: fetches as the leader, or takes what the leader has fetched.
 * @throws DrydockError those of sources, and DATABASE_UNAVAILABLE
 */
export async function refresh(
  parts: RefreshParts,
  options: Pick<RefreshOptions, 'patienceSeconds'> & Signal,
): Promise<AdvisoryDbVersion> {
  const { source, leases, archives } = parts;
  const { signal, patienceSeconds = DEFAULT_PATIENCE_SECONDS } = options;
  const isShared = archives !== undefined && source.importFrom !== undefined;
  if (!leases || !isShared) return await source.update({ signal });
  const until = performance.now() + patienceSeconds * 1000;
  for (;;) {
    const lease = await leases.take(`advisories/${source.id}`, { ttlSeconds: LEASE_SECONDS });
    if (lease) {
      try {
        return await lead(parts, archives, { signal: AbortSignal.any([signal, lease.lost]) });
      } finally {
        await lease[Symbol.asyncDispose]();
      }
    }
    // Somebody else is at it: what he brings is there once he has given the lease back, or before.
    const taken = await take(parts, archives, { signal });
    if (taken) return taken;
    if (performance.now() > until) return await source.update({ signal });
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** What another one has brought is as good as what one would fetch; else one fetches, and offers it. */
async function lead(
  parts: RefreshParts,
  archives: SharedArchives,
  { signal }: Signal,
): Promise<AdvisoryDbVersion> {
  const { source } = parts;
  const taken = await take(parts, archives, { signal });
  if (taken) return taken;
  const version = await source.update({ signal });
  await offer(source, version, archives, { signal }).catch((error: unknown) => {
    // One's own database is in use all the same.
    signal.throwIfAborted();
    notices.publish({ code: 'DATABASE_NOT_SHARED', message: messageOf(error) });
  });
  return version;
}

async function offer(
  source: RefreshedSource,
  { builtAt, digest }: AdvisoryDbVersion,
  archives: SharedArchives,
  { signal }: Signal,
): Promise<void> {
  const offered = await archives.latest(source.id);
  if (offered?.digest === digest || (offered && Date.parse(offered.builtAt) > Date.parse(builtAt))) return;
  const archive = await source.archive?.();
  if (archive?.digest === digest) await archives.offer(source.id, { ...archive, builtAt }, { signal });
}

/** What is in the store, if it is newer than what is in use; undefined when there is no such thing. */
async function take(
  { source, directory = tmpdir() }: RefreshParts,
  archives: SharedArchives,
  { signal }: Signal,
): Promise<AdvisoryDbVersion | undefined> {
  const offered = await archives.latest(source.id);
  const current = await source.current().catch(() => undefined); // one that cannot be read is to be replaced
  const isNewer = offered && (!current || Date.parse(offered.builtAt) > Date.parse(current.builtAt));
  if (!isNewer || !source.importFrom) return undefined;
  const path = join(directory, `drydock-${randomBytes(6).toString('hex')}.tar.gz`);
  try {
    await archives.take(offered, path, { signal });
    return await source.importFrom(path, { signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof DrydockError)) throw error;
    notices.publish({ code: 'DATABASE_NOT_SHARED', message: messageOf(error) });
    return undefined;
  } finally {
    await rm(path, { force: true });
  }
}
