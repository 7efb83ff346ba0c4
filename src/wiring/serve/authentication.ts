import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Config } from '../../config/schema.ts';
import { openAuthentication, type Authentication } from '../../server/auth/authentication.ts';
import type { OidcOptions } from '../../server/auth/oidc.ts';
import { isScope } from '../../server/auth/scopes.ts';
import type { Scope } from '../../server/caller.ts';
import type { ServerTlsOptions } from '../../server/tls.ts';

/** Everything by which a caller may say who he is. @throws DrydockError CONFIG_INVALID */
export async function openServerAuthentication(config: Config): Promise<Authentication> {
  const { token, tokenFile, tokenHeader, clientCa, clientScopes } = config;
  const oidc = oidcOptions(config);
  return await openAuthentication({
    ...(token !== undefined && {
      tokens: [{ name: 'token', secret: new Secret(token), scopes: ['read', 'scan'] }],
    }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(clientCa !== undefined && { certificates: { scopes: clientScopes } }),
    ...(oidc && { oidc }),
    headers: [tokenHeader, 'x-drydock-token', 'x-scanneradapter-api-key'],
  });
}

function oidcOptions(config: Config): OidcOptions | undefined {
  const { oidcIssuer, oidcAudience, oidcScopes, oidcGroupScopes } = config;
  if (oidcIssuer === undefined) return undefined;
  if (oidcAudience === undefined) {
    throw new DrydockError('CONFIG_INVALID', '--oidc-issuer needs --oidc-audience', {
      hint: 'Otherwise tokens that were issued for other services would open this one.',
    });
  }
  return {
    issuer: oidcIssuer,
    audience: [oidcAudience],
    rules: {
      scopePrefix: 'drydock:',
      defaultScopes: oidcScopes,
      scopesByGroup: scopesByGroup(oidcGroupScopes),
    },
  };
}

/** `group=scope`, a group may come several times. */
function scopesByGroup(texts: readonly string[]): ReadonlyMap<string, readonly Scope[]> {
  const groups = new Map<string, Scope[]>();
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const [group, scope] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (group === '' || !isScope(scope)) {
      throw new DrydockError('CONFIG_INVALID', `${JSON.stringify(text)} is not group=scope`, {
        hint: 'Scopes are read, scan and admin.',
      });
    }
    groups.set(group, [...(groups.get(group) ?? []), scope]);
  }
  return groups;
}

/** @throws DrydockError CONFIG_INVALID when one of certificate and key is missing */
export function tlsOptions(config: Config): ServerTlsOptions | undefined {
  const { tlsCert, tlsKey, clientCa, clientCerts } = config;
  if (tlsCert === undefined && tlsKey === undefined && clientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new DrydockError('CONFIG_INVALID', 'TLS needs both a certificate and its key', {
      hint: 'Give --tls-cert and --tls-key.',
    });
  }
  return {
    certificateFile: tlsCert,
    keyFile: tlsKey,
    ...(clientCa !== undefined && { clientCaFile: clientCa, clientCertificates: clientCerts }),
  };
}
