import type { FileResult } from '../analyzer.ts';
import { listed, parseShadow, type Account } from './accounts.ts';

export type FileMisconfiguration = NonNullable<FileResult['misconfigurations']>[number];

const CWE = 'https://cwe.mitre.org/data/definitions/';
type Check = Omit<FileMisconfiguration, 'message' | 'subject'>;

const PASSWORD_SET: Check = {
  ruleId: 'DD-FS-0018',
  title: 'Password of an account',
  description:
    'Whoever can pull the image can guess the password from its hash, and every container has the same one.',
  severity: 'MEDIUM',
  resolution: 'Lock the account with passwd -l.',
  references: [`${CWE}798.html`],
};
const PASSWORD_EMPTY: Check = {
  ruleId: 'DD-FS-0019',
  title: 'Account without a password',
  description: 'Any user of a container can become the user of the account, without a password.',
  severity: 'HIGH',
  resolution: 'Lock the account with passwd -l.',
  references: [`${CWE}258.html`],
};
const SUPERUSER: Check = {
  ruleId: 'DD-FS-0020',
  title: 'Second superuser',
  description: 'An account with user id 0 has all rights of root, whatever its name.',
  severity: 'HIGH',
  resolution: 'Give the account an id of its own, or remove it.',
  references: [`${CWE}250.html`],
};
const UNKNOWN_OWNER: Check = {
  ruleId: 'DD-FS-0021',
  title: 'Files of an unknown owner',
  description: 'Files whose owner has no account belong to whichever user is given that id later.',
  severity: 'LOW',
  resolution: 'Give the files an owner with an account (COPY --chown, chown), or make the account.',
  references: [`${CWE}708.html`],
};

/** Ids of the checks that are no rules as those in builtin-rules.ts. */
export const accountCheckIds: readonly string[] = [
  PASSWORD_SET,
  PASSWORD_EMPTY,
  SUPERUSER,
  UNKNOWN_OWNER,
].map(({ ruleId }) => ruleId);

/** Of `etc/shadow`. */
export function checkShadow(text: string): FileMisconfiguration[] {
  const { withPassword, withoutPassword } = parseShadow(text);
  return [
    ...told(PASSWORD_SET, withPassword, (names) => `there is a password for ${names}`),
    ...told(PASSWORD_EMPTY, withoutPassword, (names) => `no password is asked for ${names}`),
  ];
}

/** Of `etc/passwd`, in which an empty field asks for no password either. */
export function checkAccounts(accounts: readonly Account[]): FileMisconfiguration[] {
  const superusers = accounts.filter(({ name, uid }) => uid === 0 && name !== 'root');
  const open = accounts.filter(({ password }) => password === '');
  return [
    ...told(SUPERUSER, namesOf(superusers), (names) => `user id 0 is also that of ${names}`),
    ...told(PASSWORD_EMPTY, namesOf(open), (names) => `no password is asked for ${names}`),
  ];
}

/** Files of one owner: how many, and one of them. */
export interface OwnedFiles {
  readonly first: string;
  readonly count: number;
}

/** Owners of a layer's files that have no account in its own list of accounts. */
export function checkOwners(
  owners: ReadonlyMap<number, OwnedFiles>,
  accounts: readonly Account[],
): FileMisconfiguration[] {
  const known = new Set(accounts.map(({ uid }) => uid));
  return [...owners]
    .filter(([uid]) => !known.has(uid))
    .sort(([a], [b]) => a - b)
    .map(([uid, { first, count }]) => {
      const others = count > 1 ? ` and ${count - 1} other entries` : '';
      return finding(UNKNOWN_OWNER, `${first}${others} belong to user id ${uid}, which has no account`);
    });
}

function namesOf(accounts: readonly Account[]): string[] {
  return accounts.map(({ name }) => name);
}

function told(
  check: Check,
  names: readonly string[],
  say: (names: string) => string,
): FileMisconfiguration[] {
  return names.length === 0 ? [] : [finding(check, say(listed(names)))];
}

function finding(check: Check, message: string): FileMisconfiguration {
  return { ...check, message, subject: 'file' };
}
