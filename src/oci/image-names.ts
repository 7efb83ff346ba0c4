/** Registries and namespaces that Docker leaves out of a name. */
const IMPLIED = ['index.docker.io/library/', 'docker.io/library/', 'index.docker.io/', 'docker.io/'];

/**
 * Whether an image stored under `name` is the one asked for as `asked`: a full name, the part of it behind the
 * last slashes, or its tag alone. A missing tag means `latest`.
 */
export function answersTo(name: string, asked: string): boolean {
  const [short, wanted] = [familiar(name), familiar(asked)];
  if (short === wanted || tagOf(short) === wanted) return true;
  const full = tagOf(wanted) === undefined ? `${wanted}:latest` : wanted;
  return short === full || short.endsWith(`/${full}`);
}

/** True for a name of a repository with its tag, as opposed to a mere tag. */
export function isFullName(name: string): boolean {
  return name.includes('/') || name.includes(':');
}

function familiar(name: string): string {
  const prefix = IMPLIED.find((implied) => name.startsWith(implied));
  return prefix === undefined ? name : name.slice(prefix.length);
}

/** What stands behind the last colon, unless that is a port. */
function tagOf(name: string): string | undefined {
  const colon = name.lastIndexOf(':');
  return colon < 0 || name.includes('/', colon) ? undefined : name.slice(colon + 1);
}
