import { Readable } from 'node:stream';

interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

const HEARTBEAT_MS = 15_000;

/**
 * A stream of server-sent events (HTML standard, 9.2), with a comment now and then so that nobody on the way thinks the
 * connection dead.
 */
export function eventStream<T>(
  items: AsyncIterable<T>,
  toEvent: (item: T) => ServerEvent,
  heartbeatMs = HEARTBEAT_MS,
): Readable {
  return Readable.from(lines(items, toEvent, heartbeatMs));
}

async function* lines<T>(
  items: AsyncIterable<T>,
  toEvent: (item: T) => ServerEvent,
  heartbeatMs: number,
): AsyncGenerator<string> {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const result = await orLater(next, heartbeatMs);
      if (result === 'later') {
        yield ': still here\n\n';
        continue;
      }
      if (result.done) return;
      const { event, data } = toEvent(result.value);
      yield `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      next = iterator.next();
    }
  } finally {
    next.catch(() => undefined);
    await iterator.return?.();
  }
}

async function orLater<T>(promise: Promise<T>, ms: number): Promise<T | 'later'> {
  let timer: NodeJS.Timeout | undefined;
  const later = new Promise<'later'>((resolve) => {
    timer = setTimeout(() => resolve('later'), ms).unref();
  });
  try {
    return await Promise.race([promise, later]);
  } finally {
    clearTimeout(timer);
  }
}
