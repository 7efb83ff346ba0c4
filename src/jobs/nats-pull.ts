import { randomUUID } from 'node:crypto';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { toJobMessage, type JobMessage } from './nats-message.ts';

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  readonly batch: number;
  /** 0: only what is there now. */
  readonly waitMs: number;
}

/** How long an answer may be on its way. */
const ANSWER_MS = 3000;
const NO_RESPONDERS = 503;

/**
 * Asks a consumer for messages. The library's own way waits a second at least, which is too long for who looks at one
 * priority before another.
 *
 * @throws Error when there is no such consumer, or no answer at all
 */
export async function pull(nats: NatsConnection, options: PullOptions): Promise<JobMessage[]> {
  const inbox = `_INBOX.${randomUUID()}`;
  const found: JobMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    const end = (error?: Error): void => {
      clearTimeout(late);
      sub.unsubscribe();
      if (error) reject(error);
      else resolve();
    };
    const late = setTimeout(
      () => end(found.length > 0 ? undefined : new Error('NATS does not answer')),
      options.waitMs + ANSWER_MS,
    );
    const sub = nats.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return end(error);
        const status = statusOf(message);
        if (status === NO_RESPONDERS) end(new Error('the consumer of the queue is gone'));
        else if (status > 0) end();
        else if (found.push(toJobMessage(nats, message)) >= options.batch) end();
      },
    });
    nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`, toRequest(options), {
      reply: inbox,
    });
  });
  return found;
}

function toRequest({ batch, waitMs }: PullOptions): string {
  return JSON.stringify(waitMs > 0 ? { batch, expires: waitMs * 1_000_000 } : { batch, no_wait: true });
}

/** 0 for a message that is not about the request. */
function statusOf(message: Msg): number {
  const code = message.headers?.code ?? 0;
  return message.data.length === 0 ? code : 0;
}
