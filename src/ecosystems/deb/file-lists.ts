/** Which files packages have brought, as dpkg notes it: one list a package. */
export interface FileLists {
  /** Takes a copy. Beyond a bound, lists are left out. */
  add(packageName: string, content: Uint8Array): void;
  /** Of all packages but those. Parsed now and not before, since mostly nobody asks. */
  files(isLeftOut: (packageName: string) => boolean): Iterable<string>;
  filesOf(packageName: string): Iterable<string>;
  readonly leftOut: number;
}

/** All of Debian's desktop takes a third of it. */
const MAX_HELD_BYTES = 32 << 20;

/** Where a system with a merged `/usr` has what packages still say lies at the root. */
const MERGED = /^(?:bin|sbin|lib|lib32|lib64|libx32)\//;

/** `parse` turns one line into a path without a leading slash; empty for none. */
export function openFileLists(parse: (line: string) => string): FileLists {
  const lists = new Map<string, Buffer>();
  let heldBytes = 0;
  let leftOut = 0;

  function* filesIn(list: Buffer | undefined): Generator<string> {
    for (const line of list?.toString().split('\n') ?? []) {
      const path = parse(line);
      if (path === '') continue;
      yield path;
      if (MERGED.test(path)) yield `usr/${path}`;
    }
  }

  return {
    add(packageName, content) {
      heldBytes += content.length - (lists.get(packageName)?.length ?? 0);
      lists.delete(packageName);
      if (heldBytes <= MAX_HELD_BYTES) lists.set(packageName, Buffer.from(content));
      else {
        heldBytes -= content.length;
        leftOut++;
      }
    },
    *files(isLeftOut) {
      for (const [packageName, list] of lists) if (!isLeftOut(packageName)) yield* filesIn(list);
    },
    filesOf: (packageName) => filesIn(lists.get(packageName)),
    get leftOut() {
      return leftOut;
    },
  };
}

/** Of `info/NAME.list`: absolute paths, directories among them. */
export function parseListLine(line: string): string {
  return line === '/.' ? '' : line.replace(/^\//, '');
}

/** Of `NAME.md5sums`: a digest, two spaces, a path. */
export function parseSumLine(line: string): string {
  const space = line.indexOf('  ');
  return space < 0 ? '' : line.slice(space + 2).replace(/^\.?\//, '');
}
