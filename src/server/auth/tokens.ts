import { createHash, timingSafeEqual } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Caller, Scope } from '../caller.ts';
import { scopeSet } from './scopes.ts';

/** A token that was handed out: the secret itself, or its SHA-256 in hexadecimal digits. */
export type StaticToken = {
  readonly name: string;
  readonly scopes: readonly Scope[];
} & ({ readonly secret: Secret } | { readonly sha256: string });

/** Whose token this is. */
export type TokenList = (secret: string) => Caller | undefined;

const NAME = /^[A-Za-z0-9._@/+-]{1,128}$/;
const SHA256 = /^[0-9a-f]{64}$/i;

/**
 * Compares digests, and always with all of them, so that the time it takes tells nothing.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export function tokenList(tokens: readonly StaticToken[]): TokenList {
  const known = tokens.map((token) => ({
    digest: digestOf(token),
    caller: { name: token.name, scopes: scopeSet(token.scopes) },
  }));
  checkUnique(known.map(({ digest }) => digest.toString('hex')));
  return (secret) => {
    const given = sha256(secret);
    let found: Caller | undefined;
    for (const { digest, caller } of known) if (timingSafeEqual(digest, given)) found = caller;
    return found;
  };
}

function digestOf(token: StaticToken): Buffer {
  if (!NAME.test(token.name))
    throw invalid('a token has a name of other signs than letters, digits and ._@/+-');
  if (token.scopes.length === 0) throw invalid(`token ${token.name} has no scope`);
  if ('secret' in token) {
    if (token.secret.reveal() === '') throw invalid(`token ${token.name} is empty`);
    return sha256(token.secret.reveal());
  }
  if (!SHA256.test(token.sha256)) throw invalid(`token ${token.name} is not given as a SHA-256 of 64 digits`);
  return Buffer.from(token.sha256, 'hex');
}

function checkUnique(digests: readonly string[]): void {
  if (new Set(digests).size < digests.length) throw invalid('two tokens are the same');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function invalid(message: string): DrydockError {
  return new DrydockError('CONFIG_INVALID', message, {
    hint: 'A token is a name, its scopes (read, scan, admin) and a secret or "printf %s SECRET | sha256sum".',
  });
}
