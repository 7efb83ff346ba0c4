/** @see https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst */
export interface PackageUrl {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
  readonly subpath?: string;
}

const MAX_CHARS = 8192;

/**
 * The URL in canonical form: qualifiers in order of their keys, empty ones left out. `:` stays as it is, all else
 * that is not unreserved is percent-encoded, `+` included, as other scanners write it.
 */
export function packageUrl({ type, namespace, name, version, qualifiers = {}, subpath }: PackageUrl): string {
  const path = [...(namespace?.split('/').filter(Boolean) ?? []), name].map(encode).join('/');
  const query = Object.entries(qualifiers)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key.toLowerCase()}=${encode(value)}`)
    .join('&');
  const below = subpath?.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return (
    `pkg:${type.toLowerCase()}/${path}` +
    (version ? `@${encode(version)}` : '') +
    (query ? `?${query}` : '') +
    (below?.length ? `#${below.map(encode).join('/')}` : '')
  );
}

function encode(text: string): string {
  // Half a surrogate pair, which JSON can hold, cannot be encoded.
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%3A/g, ':');
}

/** Reads a package URL in any spelling the specification allows; undefined for text that is none. */
export function parsePackageUrl(text: string): PackageUrl | undefined {
  if (text.length > MAX_CHARS || !/^pkg:/i.test(text)) return undefined;
  try {
    return parseParts(text.slice(4));
  } catch {
    return undefined; // a broken percent-encoding
  }
}

function parseParts(text: string): PackageUrl | undefined {
  const [beforeHash = '', hash] = splitOnce(text, '#');
  const [beforeQuery = '', query] = splitOnce(beforeHash, '?');
  const segments = beforeQuery.replace(/^\/+/, '').split('/').filter(Boolean);
  const type = segments.shift()?.toLowerCase();
  const last = segments.pop();
  if (type === undefined || last === undefined || !/^[a-z][a-z0-9.+-]*$/.test(type)) return undefined;
  const at = last.lastIndexOf('@');
  const name = decodeURIComponent(at > 0 ? last.slice(0, at) : last);
  const version = at > 0 ? decodeURIComponent(last.slice(at + 1)) : '';
  const qualifiers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of query?.split('&') ?? []) {
    const [key = '', value = ''] = splitOnce(pair, '=');
    if (/^[a-z][a-z0-9._-]*$/i.test(key) && value !== '')
      qualifiers[key.toLowerCase()] = decodeURIComponent(value);
  }
  const subpath = hash?.split('/').filter(Boolean).map(decodeURIComponent).join('/');
  return {
    type,
    ...(segments.length > 0 && { namespace: segments.map(decodeURIComponent).join('/') }),
    name,
    ...(version && { version }),
    ...(Object.keys(qualifiers).length > 0 && { qualifiers }),
    ...(subpath && { subpath }),
  };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
