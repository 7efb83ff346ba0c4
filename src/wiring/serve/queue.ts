import { Secret } from '../../base/secret.ts';
import type { Config } from '../../config/schema.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openStoredQueue } from '../../jobs/stored.ts';
import { openJournal } from '../../store/journal.ts';
import { readText, type SharedStore } from './shared-store.ts';

/** A job may wait so long. */
const KEEP_SECONDS = 30 * 86_400;
const KEEP_DEAD_SECONDS = 7 * 86_400;
/** What a worker that died had in hand is somebody else's in less than ten seconds, whatever the queue. */
const LEASE_SECONDS = 5;
const SWEEP_SECONDS = 2;
const ACK_WAIT_SECONDS = 6;

/** @throws DrydockError QUEUE_UNAVAILABLE, CONFIG_INVALID */
export async function openJobQueue(config: Config, store: SharedStore): Promise<JobQueue> {
  if (config.nats !== undefined) return await openNats(config, config.nats);
  return openStoredQueue({
    store: store.records,
    leases: store.leases,
    journal: openJournal(store.records, { name: 'jobs/1', keepSeconds: KEEP_SECONDS }),
    deadJournal: openJournal(store.records, { name: 'dead-jobs/1', keepSeconds: KEEP_DEAD_SECONDS }),
    maxWaiting: config.maxQueued,
    leaseSeconds: LEASE_SECONDS,
    sweepSeconds: SWEEP_SECONDS,
  });
}

async function openNats(config: Config, url: string): Promise<JobQueue> {
  const { openNatsQueue } = await import('../../jobs/nats.ts');
  const tls = {
    ...(config.natsCa !== undefined && { ca: await readText(config.natsCa) }),
    ...(config.natsCert !== undefined && { cert: await readText(config.natsCert) }),
    ...(config.natsKey !== undefined && { key: await readText(config.natsKey) }),
  };
  const authentication = await natsAuthentication(config);
  return await openNatsQueue({
    servers: url.split(','),
    maxWaiting: config.maxQueued,
    ackWaitSeconds: ACK_WAIT_SECONDS,
    clientName: 'drydock',
    ...(authentication && { authentication }),
    ...((Object.keys(tls).length > 0 || url.startsWith('tls:')) && { tls }),
  });
}

async function natsAuthentication({ natsCredentials, natsToken }: Config) {
  if (natsCredentials !== undefined)
    return { kind: 'creds', creds: new Secret(await readText(natsCredentials)) } as const;
  if (natsToken !== undefined) return { kind: 'token', token: new Secret(natsToken) } as const;
  return undefined;
}
