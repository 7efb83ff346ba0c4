import { notices } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import { retry } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { networkFault } from '../../oci/registry/network-fault.ts';
import { parseRetryAfter } from '../../oci/registry/retry-after.ts';
import {
  headerOf,
  readBody,
  type HttpAnswer,
  type HttpRequest,
  type Transport,
} from '../../oci/registry/transport.ts';
import { explainNetwork, explainStatus, ServerFailure } from './server-failure.ts';

export interface ServerRequest {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Statuses besides those of success that the asker makes something of. */
  readonly takes?: readonly number[];
}

export interface ServerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Speaks with one server. What may pass is tried again; what does not is told as a DrydockError. */
export interface ServerConnection {
  readonly host: string;
  /** @throws DrydockError SERVER_UNREACHABLE, SERVER_DENIED, SERVER_FAILED, SERVER_PROTOCOL */
  ask(request: ServerRequest, options: Signal): Promise<ServerAnswer>;
}

export interface ConnectionParts {
  readonly transport: Transport;
  readonly host: string;
  /** It shows a token. */
  readonly hasToken: boolean;
  /** The first wait, which doubles. For tests. */
  readonly retryBaseDelayMs?: number;
}

const MAX_ANSWER_BYTES = 256 << 20;
const MAX_FAILURE_BYTES = 64 << 10;
/** As often as clients of Trivy try. */
const MAX_RETRIES = 9;
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 20_000;
const MAX_TOTAL_MS = 120_000;
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function openServerConnection(parts: ConnectionParts): ServerConnection {
  const { host, transport } = parts;

  async function attempt(request: ServerRequest, { signal }: Signal): Promise<ServerAnswer> {
    const { takes = [], headers = {}, method, url, body } = request;
    const answer = await transport.send(
      { method, url, headers, ...(body !== undefined && { body }) },
      { signal },
    );
    const { status } = answer;
    const isTaken = (status >= 200 && status < 300) || takes.includes(status);
    const bytes = await readBody(answer, isTaken ? MAX_ANSWER_BYTES : MAX_FAILURE_BYTES);
    if (!isTaken) throw failureOf(answer, bytes);
    if (bytes) return { status, body: bytes };
    throw new DrydockError(
      'SERVER_PROTOCOL',
      `server ${host} answered with more than ${MAX_ANSWER_BYTES >> 20} MiB`,
    );
  }

  return {
    host,
    async ask(request, { signal }) {
      try {
        return await retry(() => attempt(request, { signal }), {
          maxRetries: MAX_RETRIES,
          baseDelayMs: parts.retryBaseDelayMs ?? BASE_DELAY_MS,
          maxDelayMs: MAX_DELAY_MS,
          maxTotalMs: MAX_TOTAL_MS,
          leastDelayMs,
          onRetry: (error, delayMs) => tell(error, host, delayMs),
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DrydockError) throw error;
        if (error instanceof ServerFailure) throw explainStatus(error, parts);
        throw explainNetwork(error, host);
      }
    },
  };
}

function failureOf({ status, headers }: HttpAnswer, body: Uint8Array | undefined): ServerFailure {
  return new ServerFailure(
    status,
    body ?? new Uint8Array(),
    parseRetryAfter(headerOf(headers, 'retry-after'), Date.now()),
  );
}

function leastDelayMs(error: unknown): number | undefined {
  if (error instanceof ServerFailure)
    return PASSING_STATUS.has(error.status) ? (error.retryAfterMs ?? 0) : undefined;
  return networkFault(error) === 'passing' ? 0 : undefined;
}

function tell(error: unknown, host: string, delayMs: number): void {
  const what = error instanceof ServerFailure ? `answered ${error.status}` : 'broke the connection';
  const message = `server ${host} ${what}; trying again in ${Math.ceil(delayMs / 100) / 10} s`;
  notices.publish({ code: 'SERVER_RETRY', message });
}
