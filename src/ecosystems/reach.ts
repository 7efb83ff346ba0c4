/** All that can be reached from the starting points over `next`, themselves among it. Cycles do no harm. */
export function reach<T extends object | string>(starts: Iterable<T>, next: (one: T) => Iterable<T>): Set<T> {
  const reached = new Set(starts);
  const waiting = [...reached];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const other of next(one)) {
      if (reached.has(other)) continue;
      reached.add(other);
      waiting.push(other);
    }
  }
  return reached;
}
