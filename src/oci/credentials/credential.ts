import type { Signal } from '../../base/signal.ts';
import { Secret } from '../../base/secret.ts';

/** What a registry is told to let someone in. An identity token buys others; a registry token is sent as it is. */
export type RegistryCredential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'identity-token'; readonly token: Secret }
  | { readonly kind: 'registry-token'; readonly token: Secret };

export interface FindOptions extends Signal {
  /** Set when the registry asked is a mirror of this one: what was given for no registry in particular is not for it. */
  readonly mirrorOf?: string;
}

/** Where credentials come from. `registry` is a host as in a reference (`docker.io`). */
export interface CredentialSource {
  find(registry: string, repository: string, options: FindOptions): Promise<RegistryCredential | undefined>;
}

/** The user name by which Docker's files and programs mark a secret that is an identity token. */
const IDENTITY_TOKEN_USER = '<token>';

/** A user name with its password; or the identity token that the two are by convention. */
export function passwordCredential(username: string, password: string): RegistryCredential {
  return username === IDENTITY_TOKEN_USER
    ? { kind: 'identity-token', token: new Secret(password) }
    : { kind: 'basic', username, password: new Secret(password) };
}

/** The `Basic` header for a user name and password. */
export function basicAuthorization(username: string, password: Secret): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

/** An identity token, as servers take it that know Basic only. */
export function identityAuthorization(token: Secret): string {
  return basicAuthorization(IDENTITY_TOKEN_USER, token);
}
