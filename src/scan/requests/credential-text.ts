import { Secret } from '../../base/secret.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';

/** A credential as one secret text, to be sealed. */
export function toCredentialText(credential: RegistryCredential): Secret {
  const fields =
    credential.kind === 'basic'
      ? [credential.kind, credential.username, credential.password.reveal()]
      : [credential.kind, credential.token.reveal()];
  return new Secret(JSON.stringify(fields));
}

/** Undefined for anything that {@link toCredentialText} did not write. */
export function parseCredentialText(text: Secret): RegistryCredential | undefined {
  const [kind, first, second] = fieldsOf(text);
  if (first === undefined) return undefined;
  if (kind === 'basic' && second !== undefined)
    return { kind, username: first, password: new Secret(second) };
  if (kind === 'identity-token' || kind === 'registry-token') return { kind, token: new Secret(first) };
  return undefined;
}

function fieldsOf(text: Secret): string[] {
  try {
    const value: unknown = JSON.parse(text.reveal());
    const isList = Array.isArray(value) && value.every((field) => typeof field === 'string');
    return isList ? value : [];
  } catch {
    return []; // the parser's error would show the text
  }
}
