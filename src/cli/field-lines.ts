/** A name and its value a line, the values below each other. Absent values are left out. */
export function fieldLines(fields: Readonly<Record<string, string | number | undefined>>): string {
  const told = Object.entries(fields).filter(([, value]) => value !== undefined);
  const width = Math.max(...told.map(([name]) => name.length)) + 2;
  return told.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('');
}

/** Bytes in a unit that people read. */
export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
