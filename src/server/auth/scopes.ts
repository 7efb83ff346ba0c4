import type { Caller, Scope } from '../caller.ts';

const HELD: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  scan: ['read', 'scan'],
  admin: ['read', 'scan', 'admin'],
};

/** Those given and those they hold. */
export function scopeSet(scopes: Iterable<Scope>): ReadonlySet<Scope> {
  return new Set([...scopes].flatMap((scope) => HELD[scope]));
}

export function isScope(text: string): text is Scope {
  return Object.hasOwn(HELD, text);
}

/** Whoever asks where nobody has to say who he is. */
export const anonymous: Caller = { name: 'anonymous', scopes: scopeSet(['admin']) };
