/** The lines of a text, numbered from 1. */
export interface LineTable {
  readonly count: number;
  numberAt(offset: number): number;
  /** First byte and the byte behind the last, without the line end. */
  bounds(line: number): [start: number, end: number];
}

export function lineTable(content: Buffer): LineTable {
  const starts = [0];
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) starts.push(at + 1);
  // What stands behind the last line end is no line.
  if (starts.length > 1 && starts.at(-1) === content.length) starts.pop();

  return {
    count: starts.length,
    numberAt(offset) {
      let [low, high] = [0, starts.length];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle;
      }
      return low + 1;
    },
    bounds(line) {
      const start = starts[line - 1] ?? content.length;
      const next = starts[line];
      if (next !== undefined) return [start, next - 1];
      return [
        start,
        content[content.length - 1] === 10 && content.length > start ? content.length - 1 : content.length,
      ];
    },
  };
}
