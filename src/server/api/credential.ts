import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { passwordCredential, type RegistryCredential } from '../../oci/credentials/credential.ts';

/** How a caller writes a login for a registry. */
export interface WrittenCredential {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** As a request's body holds it; its shape was checked. @throws DrydockError CREDENTIALS_INVALID */
export function credentialOf(written: WrittenCredential | undefined): RegistryCredential | undefined {
  if (written === undefined) return undefined;
  const { username, password, identitytoken, registrytoken } = written;
  if (registrytoken) return { kind: 'registry-token', token: new Secret(registrytoken) };
  if (identitytoken) return { kind: 'identity-token', token: new Secret(identitytoken) };
  if (username !== undefined && password !== undefined) return passwordCredential(username, password);
  throw new DrydockError('CREDENTIALS_INVALID', 'a login for a registry is neither a password nor a token', {
    hint: 'Give username and password, or identitytoken, or registrytoken.',
  });
}

const MAX_HEADER = 16_384;

/**
 * The `X-Registry-Auth` header: JSON in base64url, as Docker's own API has it.
 *
 * @throws DrydockError CREDENTIALS_INVALID
 */
export function credentialOfHeader(header: unknown): RegistryCredential | undefined {
  if (header === undefined) return undefined;
  const written = typeof header === 'string' && header.length <= MAX_HEADER ? parse(header) : undefined;
  if (written) return credentialOf(written);
  throw new DrydockError('CREDENTIALS_INVALID', 'the header X-Registry-Auth is not JSON in base64url');
}

function parse(header: string): WrittenCredential | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    if (typeof value !== 'object' || value === null) return undefined;
    const texts = Object.entries(value).filter(([, text]) => typeof text === 'string' && text !== '');
    return Object.fromEntries(texts);
  } catch {
    return undefined;
  }
}
