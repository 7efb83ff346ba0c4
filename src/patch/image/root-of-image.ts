import type { Signal } from '../../base/signal.ts';
import type { Image } from '../../model/image.ts';
import type { ImageSource } from '../../oci/source.ts';
import type { RootView } from '../root/root-view.ts';
import { isKeptPath } from './kept-paths.ts';
import { layerOntoTree, type Budget } from './layer-onto-tree.ts';
import { entryOf, namesOf, pathOf, type PathNode } from './path-node.ts';
import { openPathTree } from './path-tree.ts';
import { readContents, readDigests } from './read-contents.ts';
import { readLayer } from './read-layer.ts';

export interface RootOptions extends Signal {
  /** Files, by their real path, that are kept when the layers are first read. */
  readonly wanted?: (path: string) => boolean;
}

/**
 * An image's files as a container would see them. Reads every layer once, from the lowest on, and unpacks nothing; the
 * source is asked again when content is.
 *
 * @throws DrydockError LAYER_SIZE_MISMATCH, LAYER_DIGEST_MISMATCH, LAYER_DIFF_ID_MISMATCH, LAYER_CORRUPT, LAYER_LIMIT,
 *   PATCH_UNSUPPORTED, and what the source throws
 */
export async function openRoot(
  image: Image,
  source: ImageSource,
  { signal, wanted = isKeptPath }: RootOptions,
): Promise<RootView> {
  const tree = openPathTree();
  const budget: Budget = { metadataBytes: 0, keptBytes: 0 };
  for (const [index, layer] of image.layers.entries()) {
    await readLayer(image, layer, source, layerOntoTree(tree, index, wanted, budget), { signal });
  }
  const files = { image, source, find: (path: string) => tree.find(path, true)?.inode };
  return {
    entry(path) {
      const node = tree.find(path, false);
      // Where a link is on the way, nothing lies at the path itself.
      return node && isWritten(node, path) ? entryOf(node) : undefined;
    },
    resolve(path) {
      const node = tree.find(path, true);
      return node && entryOf(node);
    },
    place: (path) => tree.place(path),
    list: (path) => [...(tree.find(path, true)?.children?.keys() ?? [])].sort(),
    entries: () => entriesBelow(tree.root),
    read: (paths, options) => readContents(files, paths, options),
    digests: (paths, options) => readDigests(files, paths, options),
  };
}

function isWritten(node: PathNode, path: string): boolean {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return namesOf(node).join('/') === names.join('/');
}

/** Each directory before what is in it, names in order. */
function* entriesBelow(root: PathNode): ReturnType<RootView['entries']> & Generator {
  const stack: { node: PathNode; path: string }[] = [{ node: root, path: pathOf(root) }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, path } = next;
    yield entryOf(node, path);
    const names = [...(node.children?.keys() ?? [])].sort().reverse();
    for (const name of names) {
      const child = node.children?.get(name);
      if (child) stack.push({ node: child, path: path === '' ? name : `${path}/${name}` });
    }
  }
}
