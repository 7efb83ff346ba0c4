import type { JWTPayload } from 'jose';
import type { Caller, Scope } from '../caller.ts';
import { isScope, scopeSet } from './scopes.ts';

/** How what a token says becomes what its holder may do. */
export interface ClaimRules {
  /** Claims that list scopes, in one text with spaces between or as an array. */
  readonly scopeClaims?: readonly string[];
  /** What our scopes begin with there: `drydock:` makes `drydock:scan` the scope `scan`. */
  readonly scopePrefix?: string;
  /** The claim that lists groups; a dot leads inside (`realm_access.roles`). */
  readonly groupsClaim?: string;
  readonly scopesByGroup?: ReadonlyMap<string, readonly Scope[]>;
  /** What holders of any valid token may do. */
  readonly defaultScopes?: readonly Scope[];
  /** The claim that names the caller. */
  readonly nameClaim?: string;
}

const MAX_WORDS = 1000;
const MAX_NAME_CHARS = 256;

/** Undefined for a token without any scope of ours. */
export function callerOfClaims(claims: JWTPayload, rules: ClaimRules): Caller | undefined {
  const {
    scopeClaims = ['scope', 'scp'],
    scopePrefix = '',
    groupsClaim = 'groups',
    nameClaim = 'sub',
  } = rules;
  const told = scopeClaims
    .flatMap((claim) => words(claimAt(claims, claim)))
    .flatMap((word) => (word.startsWith(scopePrefix) ? [word.slice(scopePrefix.length)] : []))
    .filter(isScope);
  const byGroup = words(claimAt(claims, groupsClaim)).flatMap(
    (group) => rules.scopesByGroup?.get(group) ?? [],
  );
  const scopes = [...told, ...byGroup, ...(rules.defaultScopes ?? [])];
  const name = nameOf(claimAt(claims, nameClaim)) ?? nameOf(claims.sub);
  if (scopes.length === 0 || name === undefined) return undefined;
  return { name: `oidc:${name}`, scopes: scopeSet(scopes) };
}

/** The claim of that very name (it may be a URL with dots), or the one inside others. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let at: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function words(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ', MAX_WORDS);
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_WORDS).filter((word) => typeof word === 'string');
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARS && /^[^\p{C}]+$/u.test(value)
    ? value
    : undefined;
}
