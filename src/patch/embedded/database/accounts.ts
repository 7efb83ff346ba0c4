/** Ids by name, as the image's own files have them. */
export interface Accounts {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

/** From `etc/passwd` and `etc/group`: the third field of each line; the first line of a name counts. */
export function parseAccounts(passwd: string, group: string): Accounts {
  return { users: idsIn(passwd), groups: idsIn(group) };
}

function idsIn(text: string): Map<string, number> {
  const ids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name !== '' && /^\d{1,10}$/.test(id) && !ids.has(name)) ids.set(name, Number(id));
  }
  return ids;
}

export function idOf(ids: ReadonlyMap<string, number>, name: string): number | undefined {
  return name === '' ? undefined : ids.get(name);
}
