import { Secret } from '../../base/secret.ts';
import { passwordCredential, type RegistryCredential } from '../../oci/credentials/credential.ts';
import { isRegistryHost } from '../../oci/reference.ts';

/** Where an artifact lies. */
export interface NamedRegistry {
  /** As it stands in a reference: with a port where it could be taken for a repository otherwise. */
  readonly host: string;
  readonly plainHttp: boolean;
}

const MAX_URL_CHARS = 2048;
const MAX_AUTHORIZATION_CHARS = 32_768;

/**
 * Reads the address of a registry. Its path does not count, as the API of a registry lies at the root of its host.
 * Without a scheme only what cannot be but a host is taken.
 *
 * @param isInsecure plain http where no scheme says otherwise
 */
export function parseRegistry(text: string, isInsecure = false): NamedRegistry | undefined {
  if (text.length > MAX_URL_CHARS || /[\s\\]/.test(text)) return undefined;
  const url = parsed(withScheme(text, isInsecure));
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const plainHttp = url.protocol === 'http:';
  const host = isUnmistakable(url.host) ? url.host : `${url.host}:${plainHttp ? 80 : 443}`;
  return isRegistryHost(host) ? { host, plainHttp } : undefined;
}

function withScheme(text: string, isInsecure: boolean): string {
  if (text.includes('://')) return text;
  const [host = ''] = text.toLowerCase().split('/', 1);
  return isUnmistakable(host) && isRegistryHost(host) ? `${isInsecure ? 'http' : 'https'}://${text}` : '';
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A reference whose first part has neither is one of Docker Hub: a login would go there. */
function isUnmistakable(host: string): boolean {
  return host.includes('.') || host.includes(':') || host === 'localhost';
}

/**
 * What an `authorization` of a scan request says: `Basic` with a user and a password, in which there may be colons, or
 * `Bearer` with a token, which is used as it is. A colon behind the word is overlooked.
 *
 * @returns undefined for what is neither
 */
export function credentialOfAuthorization(text: string): RegistryCredential | undefined {
  if (text.length > MAX_AUTHORIZATION_CHARS) return undefined;
  const trimmed = text.trim();
  const space = trimmed.indexOf(' ');
  const scheme = trimmed.slice(0, Math.max(space, 0)).toLowerCase();
  const value = trimmed.slice(space + 1).trim();
  if (value === '') return undefined;
  if (scheme === 'bearer' || scheme === 'bearer:')
    return { kind: 'registry-token', token: new Secret(value) };
  if (scheme !== 'basic' && scheme !== 'basic:') return undefined;
  const login = Buffer.from(value, 'base64').toString();
  const colon = login.indexOf(':');
  return colon < 1 ? undefined : passwordCredential(login.slice(0, colon), login.slice(colon + 1));
}
