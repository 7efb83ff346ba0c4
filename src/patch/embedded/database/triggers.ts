/** What a package's `triggers` file says. @see deb-triggers(5) */
export interface TriggerDirectives {
  /** `name` or `/path`, with `/noawait` behind it where nobody waits. */
  readonly interests: readonly { readonly name: string; readonly isAwaited: boolean }[];
  readonly activations: readonly string[];
}

export function parseTriggers(text: string): TriggerDirectives {
  const interests: { name: string; isAwaited: boolean }[] = [];
  const activations: string[] = [];
  for (const line of text.split('\n')) {
    const [directive = '', name] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (name === undefined) continue;
    if (/^interest(?:-await|-noawait)?$/.test(directive))
      interests.push({ name, isAwaited: directive !== 'interest-noawait' });
    else if (/^activate(?:-await|-noawait)?$/.test(directive)) activations.push(name);
  }
  return { interests, activations };
}

/** Files below `triggers/`, by name, as they must be after a package's interests have changed. */
export function updateInterests(
  files: ReadonlyMap<string, string>,
  owner: string,
  before: TriggerDirectives,
  after: TriggerDirectives,
): Map<string, string> {
  const changed = new Map<string, string>();
  if (JSON.stringify(before.interests) === JSON.stringify(after.interests)) return changed;
  const linesOf = (file: string): string[] =>
    (changed.get(file) ?? files.get(file) ?? '').split('\n').filter((line) => line !== '');
  const set = (file: string, lines: readonly string[]): unknown =>
    changed.set(file, lines.map((line) => `${line}\n`).join(''));
  for (const { name } of before.interests) {
    const { file, prefix } = placeOf(name);
    set(
      file,
      linesOf(file).filter((line) => withoutOption(line) !== `${prefix}${owner}`),
    );
  }
  for (const { name, isAwaited } of after.interests) {
    const { file, prefix } = placeOf(name);
    set(file, [...linesOf(file), `${prefix}${owner}${isAwaited ? '' : '/noawait'}`]);
  }
  return changed;
}

function placeOf(name: string): { file: string; prefix: string } {
  return name.startsWith('/') ? { file: 'File', prefix: `${name} ` } : { file: name, prefix: '' };
}

function withoutOption(line: string): string {
  return line.endsWith('/noawait') ? line.slice(0, -'/noawait'.length) : line;
}

type Interests = ReadonlyMap<string, readonly string[]>;

const known = new WeakMap<ReadonlyMap<string, string>, Interests>();

/** Packages by the triggers that they handle: those of the path itself, then those of the folders above it. */
export function interestedIn(files: ReadonlyMap<string, string>): (trigger: string) => string[] {
  const byPath = known.get(files) ?? pathInterests(files.get('File') ?? '');
  known.set(files, byPath);
  return (trigger) => {
    if (!trigger.startsWith('/')) return (files.get(trigger) ?? '').split('\n').filter(Boolean).map(nameOf);
    const found: string[] = [];
    for (let path = trigger; path !== ''; path = path.slice(0, path.lastIndexOf('/')))
      found.push(...(byPath.get(path) ?? []));
    return found;
  };
}

function pathInterests(text: string): Interests {
  const byPath = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    const path = line.slice(0, Math.max(0, space));
    if (!path.startsWith('/')) continue;
    const name = nameOf(line.slice(space + 1));
    const others = byPath.get(path);
    if (others) others.push(name);
    else byPath.set(path, [name]);
  }
  return byPath;
}

function nameOf(text: string): string {
  return withoutOption(text).split(':')[0] ?? text;
}
