import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Caller, Scope } from '../caller.ts';
import { scopeSet } from './scopes.ts';

/** What the holder of a client certificate may do. Who is trusted to issue them is said with the server's TLS. */
export interface CertificateOptions {
  /** Of every holder. None: only those named are let in. */
  readonly scopes: readonly Scope[];
  /** Of those with that common name or alternative name (`spiffe://…`, `host.example`, …), instead. */
  readonly scopesByName?: ReadonlyMap<string, readonly Scope[]>;
}

const MAX_NAME_CHARS = 256;

/** The holder of the certificate that was shown on this connection and verified. */
export function certificateCaller(socket: Socket, options: CertificateOptions): Caller | undefined {
  const names = certificateNames(socket);
  const [first] = names;
  if (first === undefined) return undefined;
  const named = names.find((name) => options.scopesByName?.has(name));
  const scopes = named === undefined ? options.scopes : (options.scopesByName?.get(named) ?? []);
  return scopes.length === 0 ? undefined : { name: `cert:${named ?? first}`, scopes: scopeSet(scopes) };
}

/** The common name first, then the alternative ones. */
function certificateNames(socket: Socket): string[] {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return [];
  const { subject, subjectaltname } = socket.getPeerCertificate() as Partial<
    ReturnType<TLSSocket['getPeerCertificate']>
  >;
  const commonName: unknown = subject?.CN;
  const names = [
    ...(typeof commonName === 'string' ? [commonName] : []),
    ...alternativeNames(subjectaltname ?? ''),
  ];
  return names.filter((name) => name.length <= MAX_NAME_CHARS && /^[\x21-\x7e][\x20-\x7e]*$/.test(name));
}

/** Names with signs that could be taken for the end of one are quoted by Node; nobody's name is such. */
export function alternativeNames(text: string): string[] {
  if (text.includes('"')) return [];
  return text.split(', ').flatMap((entry) => /^(?:DNS|URI|email):(.+)$/.exec(entry)?.[1] ?? []);
}
