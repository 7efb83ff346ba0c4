import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { Job } from '../model/job.ts';
import { parseDeadLetter, toBytes } from './job-text.ts';
import { isApiError, type NatsNames } from './nats-streams.ts';
import type { DeadLetter } from './queue.ts';

const MAX_REASON = 2000;
const NO_MESSAGE = 10037;
const LIST_AT_ONCE = 500;

/** Dead letters in a stream of their own; the newest of each job is kept. */
export interface NatsDeadLetters {
  add(job: Job, reason: string): Promise<void>;
  find(id: string): Promise<{ readonly letter: DeadLetter; readonly sequence: number } | undefined>;
  remove(sequence: number): Promise<void>;
  list(): AsyncGenerator<DeadLetter>;
}

export function natsDeadLetters(manager: JetStreamManager, names: NatsNames): NatsDeadLetters {
  const jetstream = manager.jetstream();
  return {
    async add(job, reason) {
      const letter = { job, reason: reason.slice(0, MAX_REASON), at: new Date().toISOString() };
      await jetstream.publish(names.deadSubject(job.id), toBytes(letter));
    },
    async find(id) {
      const message = await lastOf(manager, names.dead, names.deadSubject(id));
      const letter = message && parseDeadLetter(message.data);
      return letter?.job.id === id && message ? { letter, sequence: message.seq } : undefined;
    },
    async remove(sequence) {
      await manager.streams.deleteMessage(names.dead, sequence);
    },
    async *list() {
      const consumer = await jetstream.consumers.get(names.dead);
      for (let left = (await consumer.info()).num_pending; left > 0;) {
        const asked = Math.min(left, LIST_AT_ONCE);
        let got = 0;
        for await (const message of await consumer.fetch({ max_messages: asked, expires: 2000 })) {
          got++;
          const letter = parseDeadLetter(message.data);
          if (letter) yield letter;
        }
        if (got === 0) return; // what was counted is gone by now
        left -= got;
      }
    },
  };
}

/** The last message of a subject, if there is one. */
export async function lastOf(
  manager: JetStreamManager,
  stream: string,
  subject: string,
): Promise<StoredMsg | undefined> {
  try {
    return (await manager.streams.getMessage(stream, { last_by_subj: subject })) ?? undefined;
  } catch (error) {
    if (isApiError(error, NO_MESSAGE)) return undefined;
    throw error;
  }
}
