import {
  basicAuthorization,
  identityAuthorization,
  type RegistryCredential,
} from '../../oci/credentials/credential.ts';

/** The header that shows a login to a registry. */
export function authorizationOf(credential: RegistryCredential): string {
  if (credential.kind === 'basic') return basicAuthorization(credential.username, credential.password);
  if (credential.kind === 'identity-token') return identityAuthorization(credential.token);
  return `Bearer ${credential.token.reveal()}`;
}

/** Texts of a login that must not be seen in what a scanner says. */
export function secretsOf(credential: RegistryCredential | undefined): string[] {
  if (!credential) return [];
  const header = authorizationOf(credential);
  const secret = credential.kind === 'basic' ? credential.password.reveal() : credential.token.reveal();
  return [secret, header.slice(header.indexOf(' ') + 1)];
}
