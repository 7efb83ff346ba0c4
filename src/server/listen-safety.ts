import { isIP } from 'node:net';
import { DrydockError } from '../base/errors.ts';
import { addressKind } from '../oci/registry/addresses.ts';

export interface ListenOptions {
  /** An address or name of this machine; `0.0.0.0` and `::` are all there are. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * A server that asks nobody who he is may be reached from this machine alone, unless somebody insists.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export function assertSafeToListen(options: {
  readonly listen: ListenOptions;
  readonly authentication: { readonly isOpen: boolean };
  readonly insecureNoAuth?: boolean;
}): void {
  const { listen, authentication, insecureNoAuth = false } = options;
  if (!authentication.isOpen || insecureNoAuth || isLoopback(listen.host)) return;
  throw new DrydockError(
    'CONFIG_INVALID',
    `refused to listen on ${listen.host} where others can ask for scans, without any authentication`,
    {
      hint: 'Configure tokens, client certificates or an OIDC issuer, listen on 127.0.0.1, or insist with --insecure-no-auth.',
    },
  );
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return addressKind(isIP(bare) === 6 ? `[${bare}]` : bare) === 'loopback';
}
