import type { Msg, NatsConnection } from '@nats-io/transport-node';

/** A message that a consumer gave out, and what can be said of it. */
export interface JobMessage {
  readonly data: Uint8Array;
  /** How often it was given out, from 1. */
  readonly deliveries: number;
  header(name: string): string | undefined;
  /** Done; the server has said that it knows. @throws Error when it does not answer */
  acknowledge(): Promise<void>;
  /** Give it out again, no sooner than that. */
  giveBack(delayMs: number): void;
  /** Work goes on: the time for an acknowledgement begins anew. */
  working(): void;
  /** Never give it out again. */
  drop(): void;
}

const ACK_MS = 5000;
/** `$JS.ACK.STREAM.CONSUMER.DELIVERIES…`; newer servers put domain and account before the stream. */
const [SHORT_REPLY_TOKENS, SHORT_AT, LONG_AT] = [9, 4, 6];

/** @see NATS ADR-13 and ADR-15, pull subscriptions and acknowledgements */
export function toJobMessage(nats: NatsConnection, message: Msg): JobMessage {
  const reply = message.reply ?? '';
  const say = (text: string): void => {
    if (!nats.isClosed()) nats.publish(reply, text);
  };
  return {
    data: message.data,
    deliveries: deliveriesOf(reply),
    header: (name) => message.headers?.get(name) || undefined,
    acknowledge: async () => void (await nats.request(reply, '+ACK', { timeout: ACK_MS })),
    giveBack: (delayMs) =>
      say(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: delayMs * 1_000_000 })}` : '-NAK'),
    working: () => say('+WPI'),
    drop: () => say('+TERM'),
  };
}

function deliveriesOf(reply: string): number {
  const tokens = reply.split('.');
  const deliveries = Number(tokens[tokens.length === SHORT_REPLY_TOKENS ? SHORT_AT : LONG_AT]);
  return Number.isSafeInteger(deliveries) && deliveries > 0 ? deliveries : 1;
}
