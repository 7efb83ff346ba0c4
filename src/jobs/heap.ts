/** Gives the least first. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

/** @param isBefore a strict order */
export function makeHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  const before = (a: number, b: number): boolean => {
    const [left, right] = [items[a], items[b]];
    return left !== undefined && right !== undefined && isBefore(left, right);
  };
  const swap = (a: number, b: number): void => {
    [items[a], items[b]] = [items[b] as T, items[a] as T];
  };

  function sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = before(left, at) ? left : at;
      if (before(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      for (let at = items.length - 1; at > 0;) {
        const above = (at - 1) >> 1;
        if (!before(at, above)) return;
        swap(at, above);
        at = above;
      }
    },
    peek: () => items[0],
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last as T;
        sink();
      }
      return first;
    },
  };
}
