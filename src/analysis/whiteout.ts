/** What a `.wh.` entry means. `ignored`: metadata of the file system that wrote it, or a name that means nothing. */
export type Whiteout =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'opaque'; readonly path: string }
  | { readonly kind: 'ignored' };

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * The meaning of an entry's name as a whiteout, or undefined for an ordinary entry.
 * @see OCI Image Specification, "Whiteouts"
 */
export function whiteoutOf(path: string): Whiteout | undefined {
  if (!path.includes(PREFIX)) return undefined;
  const slash = path.lastIndexOf('/');
  const directory = slash < 0 ? '' : path.slice(0, slash);
  const name = path.slice(slash + 1);
  // Below a directory that is itself a whiteout there is nothing but aufs' own bookkeeping.
  if (directory.split('/').some((part) => part.startsWith(PREFIX))) return { kind: 'ignored' };
  if (!name.startsWith(PREFIX)) return undefined;
  if (name === OPAQUE) return { kind: 'opaque', path: directory };
  const hidden = name.slice(PREFIX.length);
  if (hidden === '' || hidden === '.' || hidden === '..' || hidden.startsWith(PREFIX))
    return { kind: 'ignored' };
  return { kind: 'file', path: directory === '' ? hidden : `${directory}/${hidden}` };
}
