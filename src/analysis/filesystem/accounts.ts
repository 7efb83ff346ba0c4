const MAX_LINES = 100_000;
const MAX_NAMED = 20;

/** A line of a passwd file. */
export interface Account {
  readonly name: string;
  readonly password: string;
  readonly uid: number;
}

/** Lines that have the shape of one, in order. @see passwd(5) */
export function parsePasswd(text: string): Account[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', password = '', uid = ''] = line.split(':', 3);
    return name !== '' && /^[0-9]{1,10}$/.test(uid) ? [{ name, password, uid: Number(uid) }] : [];
  });
}

/** Accounts of a shadow file that can be logged in to: with an empty password, or with the hash of one. */
export interface OpenAccounts {
  readonly withoutPassword: readonly string[];
  readonly withPassword: readonly string[];
}

/** A field that no hash can be (`*`, `!`, `!…`) locks the account. @see shadow(5), crypt(5) */
export function parseShadow(text: string): OpenAccounts {
  const withoutPassword: string[] = [];
  const withPassword: string[] = [];
  for (const line of linesOf(text)) {
    const [name = '', hash] = line.split(':', 2);
    if (name === '' || hash === undefined) continue;
    if (hash === '') withoutPassword.push(name);
    else if (isHash(hash)) withPassword.push(name);
  }
  return { withoutPassword, withPassword };
}

/** `$id$…`, BSDi's `_…`, or the 13 characters of DES. */
function isHash(text: string): boolean {
  return /^(?:\$[0-9a-z-]{1,20}\$.|_[./0-9A-Za-z]{19}$|[./0-9A-Za-z]{13}$)/.test(text);
}

/** For messages: not more names than one reads. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name.slice(0, 64)));
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function linesOf(text: string): string[] {
  return text.split('\n', MAX_LINES).filter((line) => line !== '' && !line.startsWith('#'));
}
