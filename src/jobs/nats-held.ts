import { setTimeout as wait } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Signal } from '../base/signal.ts';
import type { Job } from '../model/job.ts';
import type { JobMessage } from './nats-message.ts';

/** A message that was given to this process and is not settled. */
export interface Held {
  readonly job: Job;
  readonly attempt: number;
  readonly message: JobMessage;
  /** Aborted when the server may have given the message to somebody else. */
  readonly lost: AbortSignal;
}

export interface HeldMessages {
  hold(job: Job, attempt: number, message: JobMessage): Held;
  release(held: Held): void;
  /** Tells the server again and again that work goes on, until the signal is aborted and nothing is held any more. */
  keep(options: Signal): Promise<void>;
}

const FLUSH_MS = 5000;

/** Watches over messages that are being worked on. */
export function holdMessages(nats: NatsConnection, ackWaitSeconds: number): HeldMessages {
  const held = new Map<Held, { readonly losing: AbortController; confirmedAt: number }>();
  const beatMs = (ackWaitSeconds * 1000) / 3;

  /** Progress is sent without an answer; that the connection answered afterwards tells that it got there. */
  async function beat(): Promise<void> {
    const at = performance.now();
    const told = [...held.values()];
    for (const { message } of held.keys()) message.working();
    const isFlushed = await Promise.race([
      nats.flush().then(
        () => true,
        () => false,
      ),
      wait(FLUSH_MS, false, { ref: false }),
    ]);
    if (isFlushed) for (const entry of told) entry.confirmedAt = at;
  }

  function giveUpLost(): void {
    for (const { losing, confirmedAt } of held.values())
      if (performance.now() - confirmedAt > ackWaitSeconds * 1000) losing.abort();
  }

  return {
    hold(job, attempt, message) {
      const losing = new AbortController();
      const entry: Held = { job, attempt, message, lost: losing.signal };
      held.set(entry, { losing, confirmedAt: performance.now() });
      return entry;
    },
    release: (entry) => void held.delete(entry),
    async keep({ signal }) {
      while (!signal.aborted || held.size > 0) {
        await pause(signal.aborted ? Math.min(beatMs, 1000) : beatMs, signal);
        giveUpLost(); // after a pause of the whole process the time has passed before anything was told
        await beat();
      }
    },
  };
}

/** Ends early when the signal is aborted meanwhile; not when it was before. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal.aborted ? {} : { signal }).catch(() => undefined);
}
