/** What each metric may be. */
type Metrics = Readonly<Record<string, readonly string[]>>;

const V2: Metrics = {
  AV: ['N', 'A', 'L'],
  AC: ['L', 'M', 'H'],
  Au: ['M', 'S', 'N'],
  C: ['N', 'P', 'C'],
  I: ['N', 'P', 'C'],
  A: ['N', 'P', 'C'],
  E: ['U', 'POC', 'F', 'H', 'ND'],
  RL: ['OF', 'TF', 'W', 'U', 'ND'],
  RC: ['UC', 'UR', 'C', 'ND'],
};

const V3: Metrics = {
  AV: ['N', 'A', 'L', 'P'],
  AC: ['L', 'H'],
  PR: ['N', 'L', 'H'],
  UI: ['N', 'R'],
  S: ['U', 'C'],
  C: ['N', 'L', 'H'],
  I: ['N', 'L', 'H'],
  A: ['N', 'L', 'H'],
  E: ['X', 'U', 'P', 'F', 'H'],
  RL: ['X', 'O', 'T', 'W', 'U'],
  RC: ['X', 'U', 'R', 'C'],
};

/** The version of a vector whose every metric is a known one, in the lengths that GitLab takes. */
export function cvssVersionOf(vector: string): '2' | '3' | undefined {
  if (vector.length > 128) return undefined;
  const [first = '', ...rest] = vector.split('/');
  if (/^CVSS:3\.[01]$/.test(first)) return vector.length >= 32 && areOf(V3, rest) ? '3' : undefined;
  return vector.length >= 16 && areOf(V2, [first, ...rest]) ? '2' : undefined;
}

function areOf(metrics: Metrics, pairs: readonly string[]): boolean {
  return pairs.every((pair) => {
    const [name = '', value = '', more] = pair.split(':');
    return more === undefined && Object.hasOwn(metrics, name) && (metrics[name]?.includes(value) ?? false);
  });
}
