import type { AccountWish } from './account-lines.ts';

/** Contents of `etc/passwd`, `etc/group`, `etc/shadow` and `etc/shells`; the last two may be missing. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
  readonly shadow?: string;
  readonly shells?: string;
}

export interface MadeAccounts {
  readonly files: AccountFiles;
  /** Names of what was made. */
  readonly made: readonly string[];
}

const FIRST_SYSTEM_ID = 100;
const LAST_SYSTEM_ID = 999;

/**
 * The files as BusyBox leaves them once all wishes are fulfilled; a reason where that is not so plain.
 *
 * @param days since 1970, as the date of a password's last change
 */
export function makeAccounts(
  files: AccountFiles,
  wishes: readonly AccountWish[],
  days: number,
): MadeAccounts | { readonly refusal: string } {
  let now = files;
  const made: string[] = [];
  for (const wish of wishes) {
    const next = fulfil(now, wish, days);
    if (typeof next === 'string') return { refusal: next };
    if (next !== now && (wish.kind === 'group' || wish.kind === 'user')) made.push(wish.name);
    now = next;
  }
  return { files: now, made };
}

function fulfil(files: AccountFiles, wish: AccountWish, days: number): AccountFiles | string {
  if (wish.kind === 'group') return addGroup(files, wish);
  if (wish.kind === 'shell') return addShell(files, wish.path);
  if (wish.kind === 'member') return addMember(files, wish.user, wish.group);
  return addUser(files, wish, days);
}

function addGroup(
  files: AccountFiles,
  { name, gid, isSystem }: Extract<AccountWish, { kind: 'group' }>,
): AccountFiles | string {
  if (lineOf(files.group, name)) return files;
  if (!isSystem) return `the group ${name} would be made as one of people`;
  const used = idsIn(files.group);
  const id = gid ?? freeId(used);
  if (id === undefined || used.has(id)) return `the group ${name} cannot have the id ${id ?? ''}`;
  return { ...files, group: withLine(files.group, `${name}:x:${id}:`) };
}

function addShell(files: AccountFiles, path: string): AccountFiles | string {
  if (files.shells === undefined) return `the list of shells would be made for ${path}`;
  if (files.shells.split('\n').includes(path)) return files;
  return { ...files, shells: withLine(files.shells, path) };
}

function addUser(
  files: AccountFiles,
  { name, uid, group, home, shell, gecos, makesHome }: Extract<AccountWish, { kind: 'user' }>,
  days: number,
): AccountFiles | string {
  if (lineOf(files.passwd, name)) return files;
  const gid = lineOf(files.group, group)?.[2];
  if (gid === undefined) return `the user ${name} would be made without a group`;
  if (shell === '') return `the user ${name} would be made without a shell that is named`;
  if (makesHome) return `the user ${name} would be made with a home`;
  const used = idsIn(files.passwd);
  const id = uid ?? freeId(used);
  if (id === undefined || used.has(id)) return `the user ${name} cannot have the id ${id ?? ''}`;
  const passwd = withLine(files.passwd, `${name}:x:${id}:${gid}:${gecos}:${home}:${shell}`);
  const shadow =
    files.shadow === undefined ? undefined : withLine(files.shadow, `${name}:!:${days}:0:99999:7:::`);
  return addMember({ ...files, passwd, ...(shadow !== undefined && { shadow }) }, name, group);
}

function addMember(files: AccountFiles, user: string, group: string): AccountFiles | string {
  const line = lineOf(files.group, group);
  if (!line || !lineOf(files.passwd, user)) return files;
  const members = (line[3] ?? '').split(',').filter((name) => name !== '');
  if (members.includes(user)) return files;
  const next = [...line.slice(0, 3), [...members, user].join(',')].join(':');
  const lines = files.group.split('\n');
  const at = lines.findIndex((text) => text.startsWith(`${group}:`));
  return { ...files, group: lines.with(at, next).join('\n') };
}

function lineOf(text: string, name: string): string[] | undefined {
  return name === ''
    ? undefined
    : text
        .split('\n')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':');
}

function idsIn(text: string): Set<number> {
  return new Set(text.split('\n').map((line) => Number(line.split(':')[2] ?? Number.NaN)));
}

function freeId(used: ReadonlySet<number>): number | undefined {
  for (let id = FIRST_SYSTEM_ID; id <= LAST_SYSTEM_ID; id++) if (!used.has(id)) return id;
  return undefined;
}

function withLine(text: string, line: string): string {
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}\n`;
}
