import type { Cluster, ClusterOptions, Redis as Client, RedisOptions as ClientOptions } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';
import { DrydockError, messageOf } from '../../base/errors.ts';
import { within } from '../deadline.ts';
import type { RedisOptions, RedisTls } from './redis-options.ts';

export type RedisArgument = string | number | Uint8Array;

/** What a command answers when something of another type lies under its key. */
export const WRONG_TYPE = Symbol('wrong type');

/** A connection, which any number of stores share. It mends itself; while it is broken every command fails at once. */
export interface Redis extends AsyncDisposable {
  /**
   * One command, its texts as buffers.
   *
   * @throws DrydockError STORE_UNAVAILABLE, at the latest when the time is up
   */
  send(command: string, ...args: readonly RedisArgument[]): Promise<unknown>;
  /**
   * Keys that match a glob pattern, of all masters; one may come twice.
   *
   * @throws DrydockError STORE_UNAVAILABLE
   */
  scan(pattern: string): AsyncIterable<string>;
}

export const DEFAULT_TIMEOUT_MS = 2000;
/** A server that does not answer must not make us keep all that we would like to tell it. */
const MAX_PENDING_COMMANDS = 4096;
const MAX_PENDING_BYTES = 256 << 20;
const RECONNECT_MS = { first: 50, most: 1000 };
const SCAN_COUNT = 500;

/**
 * Opens a connection. It does not fail when nobody answers: whoever uses it is told, until somebody does.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export async function openRedis(options: RedisOptions): Promise<Redis> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const client = await createClient(options, timeoutMs);
  let pendingCommands = 0;
  let pendingBytes = 0;
  let connectionError: unknown;
  client.on('error', (error: unknown) => (connectionError = error));
  client.on('ready', () => (connectionError = undefined));
  const unavailable = (error: unknown): DrydockError =>
    new DrydockError('STORE_UNAVAILABLE', `redis cannot be used: ${reason(error, connectionError, options)}`);
  const tooLate = (): DrydockError => unavailable(new Error(`no answer within ${timeoutMs} ms`));

  /** Counts what is under way until it really ends, which may be long after nobody waits for it any more. */
  async function track<T>(bytes: number, start: () => Promise<T>): Promise<T> {
    if (pendingCommands >= MAX_PENDING_COMMANDS || pendingBytes + bytes > MAX_PENDING_BYTES)
      throw unavailable(new Error('too much waits for its answers'));
    pendingCommands++;
    pendingBytes += bytes;
    try {
      return await start();
    } finally {
      pendingCommands--;
      pendingBytes -= bytes;
    }
  }

  async function ask<T>(bytes: number, start: () => Promise<T>): Promise<T | typeof WRONG_TYPE> {
    try {
      return await within(timeoutMs, track(bytes, start), tooLate);
    } catch (error) {
      if (error instanceof DrydockError) throw error;
      if (messageOf(error).startsWith('WRONGTYPE ')) return WRONG_TYPE; // the protocol's only sign of it
      throw unavailable(error);
    }
  }

  const connecting = keepConnecting(client);
  // Refused or too slow: then this is known to who uses it, not here.
  await within(timeoutMs, client.connect(), tooLate).catch(() => undefined);

  return {
    send: (command, ...args) => {
      const bytes = args.reduce<number>((sum, arg) => sum + (typeof arg === 'number' ? 8 : arg.length), 0);
      return ask(bytes, () => client.callBuffer(command, args.map(toArgument)));
    },
    async *scan(pattern) {
      for (const master of mastersOf(client)) {
        for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
          const page = await ask(0, () => master.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT));
          if (page === WRONG_TYPE) return;
          cursor = page[0];
          yield* page[1];
        }
      }
    },
    async [Symbol.asyncDispose]() {
      connecting[Symbol.dispose]();
      await within(timeoutMs, client.quit(), tooLate).catch(() => undefined); // then without a farewell
      client.disconnect();
    },
  };
}

/**
 * The client tries again by itself when a connection is lost, but gives up for ever when it cannot begin one, as when
 * a sentinel tells of another master just while it is asked for the master.
 */
function keepConnecting(client: Client | Cluster): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let times = 0;
  const onEnd = (): void => {
    timer = setTimeout(() => void client.connect().catch(() => undefined), retryDelay(++times)); // it ends again
  };
  client.on('end', onEnd);
  client.on('ready', () => (times = 0));
  return {
    [Symbol.dispose]() {
      client.off('end', onEnd);
      clearTimeout(timer);
    },
  };
}

/** A buffer over the same bytes, as the client takes no other array for one. */
function toArgument(arg: RedisArgument): string | number | Buffer {
  return arg instanceof Uint8Array ? Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength) : arg;
}

function mastersOf(client: Client | Cluster): readonly Client[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}

async function createClient(options: RedisOptions, timeoutMs: number): Promise<Client | Cluster> {
  const { topology, nodes } = options;
  const { default: ioredis } = await import('ioredis'); // the named ones are lost in a bundle
  const common = commonOptions(options, timeoutMs);
  if (topology.kind === 'cluster')
    return new ioredis.Cluster([...nodes], clusterOptions(common, options, timeoutMs));
  if (topology.kind === 'single') {
    const [node] = nodes;
    if (!node) throw new DrydockError('CONFIG_INVALID', 'the address of Redis names no host');
    return new ioredis.Redis({ ...common, ...node });
  }
  return new ioredis.Redis({
    ...common,
    sentinels: [...nodes],
    name: topology.master,
    ...(topology.username !== undefined && { sentinelUsername: topology.username }),
    ...(topology.password && { sentinelPassword: topology.password.reveal() }),
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: timeoutMs,
    failoverDetector: true,
    ...(common.tls && { enableTLSForSentinelMode: true, sentinelTLS: common.tls }),
  });
}

/** The client's types tell two forms of answers apart by an option that is never used here. */
type CommonOptions = Omit<ClientOptions, 'replyMapping'>;

function commonOptions(
  { username, password, database, tls }: RedisOptions,
  timeoutMs: number,
): CommonOptions {
  return {
    lazyConnect: true,
    connectionName: 'drydock',
    // Needs a right of its own, and tells nothing that anybody here looks at.
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    // Ours comes first, and is kind to a busy thread. These free what a silent server leaves behind.
    commandTimeout: 2 * timeoutMs,
    socketTimeout: 2 * timeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay,
    // What was the master has become a replica: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY '),
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
    ...(database !== undefined && { db: database }),
    ...(tls && { tls: toTls(tls) }),
  };
}

function clusterOptions(
  common: CommonOptions,
  { tls }: RedisOptions,
  timeoutMs: number,
): Omit<ClusterOptions, 'redisOptions'> & { redisOptions: CommonOptions } {
  const { retryStrategy: _, enableOfflineQueue: __, lazyConnect: ___, ...redisOptions } = common;
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    slotsRefreshTimeout: timeoutMs,
    redisOptions,
    // Certificates bear names, which are lost once they have been looked up.
    ...(tls && { dnsLookup: (address, callback) => callback(null, address) }),
  };
}

function toTls({ ca, cert, key, serverName }: RedisTls): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

function retryDelay(times: number): number {
  const full = Math.min(RECONNECT_MS.most, RECONNECT_MS.first * 2 ** Math.min(times, 10));
  return Math.round(full * (0.5 + Math.random() / 2));
}

/**
 * In words, without a password. The client's own errors hold the commands with all their arguments, so that they must
 * not be passed on as a cause.
 */
function reason(error: unknown, connectionError: unknown, { password, topology }: RedisOptions): string {
  const isOffline = connectionError !== undefined && !isReply(error);
  let text = messageOf(isOffline ? connectionError : error);
  for (const secret of [password, topology.kind === 'sentinel' ? topology.password : undefined])
    if (secret && secret.reveal().length > 3) text = text.replaceAll(secret.reveal(), String(secret));
  return text.slice(0, 300);
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
