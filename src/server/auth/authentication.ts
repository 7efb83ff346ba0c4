import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Caller } from '../caller.ts';
import { certificateCaller, type CertificateOptions } from './certificates.ts';
import type { OidcOptions, OidcVerifier } from './oidc.ts';
import { presentedSecret } from './presented.ts';
import { anonymous } from './scopes.ts';
import { openTokenFile, type TokenFile } from './token-file.ts';
import { tokenList, type StaticToken, type TokenList } from './tokens.ts';

export interface AuthenticationOptions {
  readonly tokens?: readonly StaticToken[];
  /** Lines of `name:scope[,scope]:sha256`, read again when it changes. */
  readonly tokenFile?: string;
  readonly tokenFileIntervalMs?: number;
  readonly certificates?: CertificateOptions;
  readonly oidc?: OidcOptions;
  /** Headers that may hold a token, besides Authorization. */
  readonly headers?: readonly string[];
}

/** Tells who is asking. Doors with a header of their own ask it themselves. */
export interface Authentication extends Disposable {
  /** Nobody has to say who he is: all are `anonymous` and may do everything. */
  readonly isOpen: boolean;
  /**
   * Undefined: not known, or what he shows is not valid. A valid certificate does not make up for a wrong token.
   *
   * @throws DrydockError SERVER_UNREACHABLE when an OIDC issuer cannot be asked for its keys
   */
  authenticate(headers: IncomingHttpHeaders, socket: Socket): Promise<Caller | undefined>;
  /** Whose token or OIDC bearer this is, however it came here. Where all is open any will do. */
  authenticateToken(secret: string): Promise<Caller | undefined>;
}

const DEFAULT_HEADERS = ['x-drydock-token', 'x-scanneradapter-api-key'];

/** @throws DrydockError CONFIG_INVALID */
export async function openAuthentication(options: AuthenticationOptions): Promise<Authentication> {
  const listed = tokenList(options.tokens ?? []);
  const oidc = options.oidc && (await import('./oidc.ts')).openOidc(options.oidc);
  const file = options.tokenFile && (await openTokenFile(options.tokenFile, options.tokenFileIntervalMs));
  const isOpen = !options.tokens?.length && !file && !options.certificates && !oidc;
  const ownHeaders = (options.headers ?? DEFAULT_HEADERS).map((name) => name.toLowerCase());
  const find = isOpen ? () => Promise.resolve(anonymous) : finder(listed, file || undefined, oidc);
  return {
    isOpen,
    async authenticate(headers, socket) {
      if (isOpen) return anonymous;
      const shown = presentedSecret(headers, ownHeaders);
      if (shown === 'unreadable') return undefined;
      if (shown) return find(shown.secret);
      return options.certificates && certificateCaller(socket, options.certificates);
    },
    authenticateToken: find,
    [Symbol.dispose]: () => file && file[Symbol.dispose](),
  };
}

function finder(listed: TokenList, file: TokenFile | undefined, oidc: OidcVerifier | undefined) {
  return async (secret: string): Promise<Caller | undefined> => {
    const known = [listed(secret), file?.find(secret)];
    const caller = known.find((found) => found !== undefined);
    return caller ?? (oidc && secret.startsWith('ey') ? oidc(secret) : undefined);
  };
}
