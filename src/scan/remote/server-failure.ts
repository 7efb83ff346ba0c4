import { DrydockError, isErrorCode } from '../../base/errors.ts';
import { codeOf, networkFault } from '../../oci/registry/network-fault.ts';
import { quoted } from '../../oci/quoted.ts';

/** A server's answer that is no success. */
export class ServerFailure extends Error {
  readonly status: number;
  readonly body: Uint8Array;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, body: Uint8Array, retryAfterMs: number | undefined) {
    super(`status ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a server says of its failure: problem details (RFC 9457) of ours, an error of Twirp, or nothing. */
interface Told {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
}

export function explainStatus(
  { status, body }: ServerFailure,
  { host, hasToken }: { readonly host: string; readonly hasToken: boolean },
): DrydockError {
  const told = readTold(body);
  const detail = told.detail === undefined ? '' : `: ${quoted(told.detail)}`;
  const cause = new Error(`server ${host} answered ${status}`);
  if (status === 401 || status === 403) {
    const hint = hasToken
      ? 'The token that was given does not allow it. Ask whoever runs the server.'
      : 'Pass --token, or set DRYDOCK_TOKEN.';
    return new DrydockError('SERVER_DENIED', `server ${host} denied access${detail}`, { hint, cause });
  }
  if (status >= 300 && status < 400) {
    return new DrydockError('SERVER_PROTOCOL', `server ${host} leads elsewhere (${status})`, {
      hint: 'Redirects are not followed, as the token is for this server only: name the right URL with --server.',
      cause,
    });
  }
  if (status === 404) {
    return new DrydockError('SERVER_PROTOCOL', `server ${host} does not know what was asked${detail}`, {
      hint: "Is it a server of Drydock or Trivy? For Trivy's with another path there is --path-prefix.",
      cause,
    });
  }
  return new DrydockError('SERVER_FAILED', `server ${host} answered ${status}${detail}`, {
    hint: hintOf(status, told),
    cause,
  });
}

function hintOf(status: number, { code, hint }: Told): string | undefined {
  // Only hints that we could have written ourselves are passed on as they are.
  if (code !== undefined && isErrorCode(code) && hint !== undefined) return plain(hint);
  return status === 429 || status >= 500 ? 'Try again later, or ask whoever runs the server.' : undefined;
}

export function explainNetwork(error: unknown, host: string): DrydockError {
  const fault = networkFault(error);
  const code = codeOf(error);
  const options = { hint: hintForFault(fault, code), cause: error };
  const why = code === undefined ? '' : ` (${code})`;
  return new DrydockError('SERVER_UNREACHABLE', `cannot talk to server ${host}${why}`, options);
}

function hintForFault(fault: ReturnType<typeof networkFault>, code: string | undefined): string | undefined {
  if (fault === 'certificate') return 'Name who issued its certificate with --ca-cert.';
  if (fault === 'not-tls') return 'It does not speak TLS: should the URL begin with http://?';
  if (code === 'ECONNREFUSED') return 'Nothing listens there: is the server running?';
  return fault === 'absent' ? 'Check the URL of --server.' : undefined;
}

function readTold(body: Uint8Array): Told {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    const text = (name: string): string | undefined => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      const found: unknown = (value as Record<string, unknown>)[name];
      return typeof found === 'string' && found !== '' ? found : undefined;
    };
    const [code, detail, hint] = [text('code'), text('detail') ?? text('msg'), text('hint')];
    return {
      ...(code !== undefined && { code }),
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
    };
  } catch {
    return {}; // somebody on the way, who says it in a page
  }
}

const MAX_HINT_CHARS = 300;

/** Without what a terminal would obey. */
export function plain(text: string): string {
  return text.slice(0, MAX_HINT_CHARS).replace(/[^\x20-\x7e]+/g, ' ');
}
