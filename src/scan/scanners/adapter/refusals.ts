import { parseRetryAfter } from '../../../oci/registry/retry-after.ts';
import { headerOf } from '../../../oci/registry/transport.ts';
import { codeOf } from '../../../oci/registry/network-fault.ts';
import { foreignWords } from '../foreign-words.ts';
import { ScannerFailure } from '../scanner.ts';
import { NoAnswer, type AdapterAnswer } from './connection.ts';
import { isObject, parseAnswer } from '../answer-json.ts';

/** A status that is not what was asked for. */
export class BadStatus extends Error {
  readonly answer: AdapterAnswer;

  constructor(answer: AdapterAnswer) {
    super(`status ${answer.status}`);
    this.answer = answer;
  }
}

const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** How long to wait at least before the next attempt; undefined: it is useless. */
export function leastWaitMs(error: unknown): number | undefined {
  if (error instanceof NoAnswer) return error.why === 'network' || error.why === 'late' ? 0 : undefined;
  if (!(error instanceof BadStatus) || !PASSING.has(error.answer.status)) return undefined;
  return parseRetryAfter(headerOf(error.answer.headers, 'retry-after'), Date.now()) ?? 0;
}

/** What was asked: it decides what a status means. */
export type Step = 'metadata' | 'submit' | 'report';

/**
 * A failure in words that whoever asked for a scan may read: with the name of the scanner's registration, but without
 * its address, and without anybody's login.
 */
export function toFailure(
  error: unknown,
  { name, step, secrets = [] }: { name: string; step: Step; secrets?: readonly string[] },
): unknown {
  const scanner = `scanner ${name}`;
  if (error instanceof NoAnswer) return ofSilence(error, scanner);
  if (!(error instanceof BadStatus)) return error;
  const { answer } = error;
  const { status } = answer;
  const said = saidIn(answer, secrets);
  const tail = said === undefined ? '' : `: ${said}`;
  if (PASSING.has(status))
    return new ScannerFailure('BACKEND_UNAVAILABLE', `${scanner} answered ${status}${tail}`, {
      retryable: true,
    });
  if (status === 401 || status === 403)
    return new ScannerFailure('BACKEND_UNAVAILABLE', `${scanner} refuses the login it was given`);
  if (status === 501)
    return new ScannerFailure('UNKNOWN_MIME_TYPE', `${scanner} does not offer what was asked${tail}`);
  if (step === 'report' && (status === 404 || status === 410))
    return new ScannerFailure('SCAN_FAILED', `${scanner} does not know the scan any more${tail}`, {
      isForgotten: true,
      retryable: true,
    });
  if (step === 'metadata' || status < 400 || status === 404 || status === 405)
    return new ScannerFailure(
      'BACKEND_PROTOCOL',
      `${scanner} answered ${status} where its API has another answer`,
    );
  return new ScannerFailure('SCAN_FAILED', `${scanner} failed with ${status}${tail}`, {
    retryable: status >= 500,
  });
}

function ofSilence(silence: NoAnswer, scanner: string): ScannerFailure {
  const { why, cause } = silence;
  if (why === 'late')
    return new ScannerFailure('BACKEND_UNAVAILABLE', `${scanner} did not answer in time`, {
      retryable: true,
    });
  if (why === 'large')
    return new ScannerFailure('BACKEND_PROTOCOL', `${scanner} answered with more than is taken`);
  if (why === 'forbidden')
    return new ScannerFailure('BACKEND_UNAVAILABLE', `${scanner} lies where this server may not connect to`, {
      cause: silence,
    });
  const code = codeOf(cause);
  return new ScannerFailure(
    'BACKEND_UNAVAILABLE',
    `${scanner} cannot be reached${code === undefined ? '' : ` (${code})`}`,
    { retryable: true },
  );
}

/** Of the two spellings of errors; of pages and empty bodies nothing is told. */
function saidIn({ body }: AdapterAnswer, secrets: readonly string[]): string | undefined {
  const value = parseAnswer(body);
  const error = value?.['error'];
  const message = isObject(error) ? error['message'] : (error ?? value?.['message']);
  return typeof message === 'string' ? foreignWords(message, secrets) : undefined;
}
