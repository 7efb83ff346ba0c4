/** Things at paths, several kinds at each. */
export interface PathTree<T> {
  /** False when the tree has become too large for more. */
  set(path: string, kind: string, value: T): boolean;
  /** Takes away what is at a path and below it. */
  remove(path: string): void;
  values(): T[];
}

const MAX_NODES = 2_000_000;
/** Longer ones are no paths of a file system. */
const MAX_PATH_LENGTH = 8_192;

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly values: Map<string, T>;
}

export function openPathTree<T>(): PathTree<T> {
  const root = emptyNode<T>();
  let nodes = 1;
  return {
    set(path, kind, value) {
      let node = root;
      for (const segment of segmentsOf(path)) {
        let next = node.children.get(segment);
        if (!next) {
          if (++nodes > MAX_NODES) return false;
          next = emptyNode<T>();
          node.children.set(segment, next);
        }
        node = next;
      }
      node.values.delete(kind);
      node.values.set(kind, value);
      return true;
    },
    remove(path) {
      const segments = segmentsOf(path);
      let node: Node<T> | undefined = root;
      for (const segment of segments.slice(0, -1)) node = node?.children.get(segment);
      node?.children.delete(segments.at(-1) ?? '');
    },
    values() {
      const found: T[] = [];
      const open = [root];
      for (let node = open.pop(); node; node = open.pop()) {
        for (const value of node.values.values()) found.push(value);
        for (const child of node.children.values()) open.push(child);
      }
      return found;
    },
  };
}

function emptyNode<T>(): Node<T> {
  return { children: new Map(), values: new Map() };
}

function segmentsOf(path: string): readonly string[] {
  return path.length > MAX_PATH_LENGTH ? [path] : path.split('/');
}
