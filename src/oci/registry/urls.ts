/** The text as an absolute URL, or as one relative to `base`; undefined when it is none. */
export function toUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
}

/** The host with its port always written, as hosts are named in lists whatever the scheme. */
export function hostWithPort(url: URL): string {
  return url.port ? url.host : `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}`;
}

/** Tells whether a URL's host is in a list of `host` or `host:port`. A host alone means the usual port. */
export function hostList(hosts: readonly string[]): (url: URL) => boolean {
  const listed = new Set(hosts.map((host) => host.toLowerCase()));
  return (url) => listed.has(url.host) || listed.has(hostWithPort(url));
}
