import { idOf, type Accounts } from './accounts.ts';

export interface StatOverride {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** `user group mode path` lines. @see dpkg-statoverride(1) */
export function parseStatOverrides(text: string, accounts: Accounts): ReadonlyMap<string, StatOverride> {
  const found = new Map<string, StatOverride>();
  for (const line of text.split('\n')) {
    const [user = '', group = '', mode = '', ...rest] = line.split(' ');
    const path = rest.join(' ');
    const uid = numberOr(user, (name) => idOf(accounts.users, name));
    const gid = numberOr(group, (name) => idOf(accounts.groups, name));
    if (!path.startsWith('/') || !/^[0-7]{1,5}$/.test(mode) || uid === undefined || gid === undefined)
      continue;
    found.set(path, { uid, gid, mode: parseInt(mode, 8) & 0o7777 });
  }
  return found;
}

function numberOr(text: string, other: (name: string) => number | undefined): number | undefined {
  return /^#\d{1,10}$/.test(text) ? Number(text.slice(1)) : other(text);
}
