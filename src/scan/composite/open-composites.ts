import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import type { ComponentRecord, CompositeRecord } from '../../model/composite.ts';
import type { Job } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { componentIdOf, compositeIdOf, type CompositeRecords } from '../../store/composite-records.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import { toCredentialText } from '../requests/credential-text.ts';
import type { ScanRequests } from '../requests/scan-requests.ts';
import { ABORTED, DEFAULT_TIME_LIMITS, toComponentError, type TimeLimits } from './component-failure.ts';
import {
  CompositeRefused,
  IdempotencyConflict,
  type AskedComposite,
  type CompositeLook,
  type Composites,
} from './composites.ts';
import { isOver, lookAtComposite, othersIn, settle } from './look-at-composite.ts';
import { neededFor, planComponents, type PlanParts } from './plan-components.ts';

export interface CompositesOptions extends PlanParts {
  readonly records: CompositeRecords;
  /** Does what Drydock scans itself. */
  readonly requests: Pick<ScanRequests, 'submit' | 'find' | 'cancel'>;
  /** Of parts that others do. */
  readonly queue: Pick<JobQueue, 'enqueue'>;
  /** Where credentials for others are kept; without it none are taken. */
  readonly credentials?: SealedValues;
  readonly limits?: TimeLimits;
  readonly now?: () => number;
}

interface Accepted {
  readonly record: CompositeRecord;
  readonly credential: RegistryCredential | undefined;
}

/** A few MiB; the oldest are forgotten first. */
const MAX_REMEMBERED = 10_000;
/** How long to wait for whoever has the same idempotency key at this moment. */
const SAME_KEY_MS = 2000;
const SAME_KEY_LOOK_MS = 50;

export function openComposites(options: CompositesOptions): Composites {
  const { records, requests, queue, credentials, now = Date.now } = options;
  const { limits = DEFAULT_TIME_LIMITS } = options;
  const longestSeconds = limits.queueSeconds + limits.scanSeconds;
  const accepted = new Map<string, Accepted>();
  const parts = { records, requests, ...limits, now, ...(credentials && { credentials }) };
  const look = (record: CompositeRecord): Promise<CompositeLook> => lookAtComposite(record, parts);

  async function submit(asked: AskedComposite): Promise<CompositeLook> {
    const { requestedBy, idempotencyKey } = asked;
    const planned = await planComponents(asked, options);
    assertAcceptable(planned, asked);
    const id = records.newId();
    const claim = { id, requestHash: hashOf(asked) };
    const same = idempotencyKey === undefined ? undefined : await sameRequest(asked, idempotencyKey, claim);
    if (same) return await look(same);
    try {
      const components = planned.map((one, index) => ({ id: componentIdOf(id, index), ...one }));
      return await look(await accept(id, components, asked));
    } catch (error) {
      if (idempotencyKey !== undefined) await records.releaseKey(requestedBy, idempotencyKey);
      throw error;
    }
  }

  /** What was accepted under the key before; undefined: the key is claimed. */
  async function sameRequest(
    { requestedBy }: AskedComposite,
    key: string,
    claim: { readonly id: string; readonly requestHash: string },
  ): Promise<CompositeRecord | undefined> {
    const claimed = await records.claimKey(requestedBy, key, claim);
    if (!claimed) return undefined;
    if (claimed.requestHash !== claim.requestHash)
      throw new IdempotencyConflict('the idempotency key was used for another request');
    for (let waitedMs = 0; waitedMs <= SAME_KEY_MS; waitedMs += SAME_KEY_LOOK_MS) {
      const known = await records.find(claimed.id);
      if (known) {
        await enqueueAgain(known); // whoever accepted it may have died before he could
        return known;
      }
      await wait(SAME_KEY_LOOK_MS);
    }
    await records.replaceKey(requestedBy, key, claim);
    return undefined;
  }

  async function accept(
    id: string,
    components: readonly ComponentRecord[],
    asked: AskedComposite,
  ): Promise<CompositeRecord> {
    const { artifact, credential, requestedBy } = asked;
    const remote = components.filter(({ plan }) => plan.kind === 'remote');
    if (credential && remote.length > 0 && !credentials) throw cannotKeep();
    const scanId = await submitLocal(components, asked);
    try {
      const text = credential && toCredentialText(credential);
      if (text) for (const one of remote) await credentials?.keep(one.id, text);
      const record: CompositeRecord = {
        schema: 1,
        id,
        requestedBy,
        createdAt: new Date(now()).toISOString(),
        artifact,
        components,
        ...(scanId !== undefined && { scanId }),
        hasCredential: credential !== undefined,
      };
      await records.create(record);
      for (const { id: part, plan } of remote)
        for (const scanner of othersIn(plan)) await records.noteOpen(scanner, part, longestSeconds);
      await enqueue(record);
      remember(record, credential);
      return record;
    } catch (error) {
      // Whoever is told that it was not accepted will never ask for it.
      if (scanId !== undefined) await requests.cancel(scanId).catch(() => undefined);
      for (const one of remote) await credentials?.forget(one.id).catch(() => undefined);
      throw error;
    }
  }

  /** What was promised to somebody here, for a store that loses its memory. */
  function remember(record: CompositeRecord, credential: RegistryCredential | undefined): void {
    accepted.set(record.id, { record, credential });
    for (const [id, old] of accepted) {
      if (!isOutdated(old) && accepted.size <= MAX_REMEMBERED) break;
      accepted.delete(id);
    }
  }

  function isOutdated({ record }: Accepted): boolean {
    return now() - Date.parse(record.createdAt) > longestSeconds * 1000;
  }

  async function restored(id: string): Promise<CompositeRecord | undefined> {
    const known = accepted.get(id);
    // What is as old as that is over, and was forgotten in its time.
    if (!known || isOutdated(known)) return undefined;
    const { record, credential } = known;
    const text = credential && toCredentialText(credential);
    for (const { id: part, plan } of record.components)
      if (text && plan.kind === 'remote') await credentials?.keep(part, text);
    await records.create(record);
    await enqueue(record);
    return record;
  }

  /** Nothing of what is over needs to be given back. */
  async function lookOnce(record: CompositeRecord): Promise<CompositeLook> {
    const seen = await look(record);
    if (isOver(seen.state)) accepted.delete(record.id);
    return seen;
  }

  async function submitLocal(
    components: readonly ComponentRecord[],
    { artifact, credential, requestedBy }: AskedComposite,
  ): Promise<string | undefined> {
    const local = components.filter(({ plan }) => plan.kind === 'local');
    if (local.length === 0) return undefined;
    const { image, plainHttp, manifestType } = artifact;
    const request = {
      image,
      priority: 'interactive',
      source: 'composite',
      requestedBy,
      ...neededFor(local),
      ...(plainHttp && { plainHttp }),
      ...(manifestType !== undefined && { manifestType }),
    } as const;
    return (await requests.submit(request, credential)).id;
  }

  /** A part that cannot be queued fails; the others go on. */
  async function enqueue({ components }: CompositeRecord): Promise<void> {
    for (const component of components) {
      const job = jobOf(component);
      if (!job || (await records.endOf(component.id))) continue;
      try {
        await queue.enqueue(job);
      } catch (error) {
        const finishedAt = new Date(now()).toISOString();
        const told = { ...toComponentError(error), retryable: true };
        await settle(component, { state: 'failed', finishedAt, error: told }, parts);
      }
    }
  }

  /** For all that is known it runs already: a queue that is full is no reason to fail it. */
  async function enqueueAgain({ components }: CompositeRecord): Promise<void> {
    for (const component of components) {
      const job = jobOf(component);
      if (job && !(await records.endOf(component.id))) await queue.enqueue(job);
    }
  }

  async function abort({ record, components }: CompositeLook, componentId?: string): Promise<CompositeLook> {
    const finishedAt = new Date(now()).toISOString();
    for (const { record: component, state, startedAt } of components) {
      if (isOver(state) || (componentId !== undefined && component.id !== componentId)) continue;
      const begun = startedAt !== undefined && { startedAt };
      await settle(component, { state: 'aborted', finishedAt, error: ABORTED, ...begun }, parts);
      const scanId = (await records.progressOf(component.id))?.scanId;
      if (scanId !== undefined) await requests.cancel(scanId);
    }
    const { scanId } = record;
    const after = await lookOnce(record);
    // A scan that nobody waits for any more.
    const isWanted = after.components.some(
      ({ record: { plan }, state }) => plan.kind === 'local' && !isOver(state),
    );
    if (scanId !== undefined && !isWanted) await requests.cancel(scanId);
    return after;
  }

  return {
    submit,
    async find(id) {
      const whole = compositeIdOf(id) ?? id;
      const record = (await records.find(whole)) ?? (await restored(whole));
      return record && (await lookOnce(record));
    },
    abort,
  };
}

function assertAcceptable(
  planned: readonly Omit<ComponentRecord, 'id'>[],
  { isStrict }: AskedComposite,
): void {
  const refused = planned.flatMap(({ key, plan }) =>
    plan.kind === 'refused' ? [[key, plan.error] as const] : [],
  );
  if (refused.length === planned.length || (isStrict && refused.length > 0))
    throw new CompositeRefused(new Map(refused));
}

function jobOf({ id, plan }: ComponentRecord): Job | undefined {
  const [first] = plan.kind === 'remote' ? plan.candidates : [];
  return first?.kind === 'scanner'
    ? { id, kind: 'component', priority: 'interactive', lane: first.id }
    : undefined;
}

/** Of all that was asked for but the credential: another one for the same may be used the next time. */
function hashOf({ artifact, types, isStrict }: AskedComposite): string {
  return createHash('sha256')
    .update(JSON.stringify([artifact, types, isStrict]))
    .digest('base64url');
}

function cannotKeep(): DrydockError {
  return new DrydockError('CREDENTIALS_INVALID', 'credentials cannot be kept with a scan here', {
    hint: 'Set DRYDOCK_ENCRYPTION_KEY for all servers and workers: 32 bytes in base64 to seal them with.',
  });
}
