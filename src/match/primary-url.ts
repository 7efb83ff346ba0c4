/** Pages of a vulnerability, by how its id begins. */
const BY_PREFIX: readonly (readonly [prefix: string, url: (id: string) => string])[] = [
  ['CVE-', (id) => `https://avd.aquasec.com/nvd/${id.toLowerCase()}`],
  ['RUSTSEC-', (id) => `https://osv.dev/vulnerability/${id}`],
  ['GHSA-', (id) => `https://github.com/advisories/${id}`],
  ['TEMP-', (id) => `https://security-tracker.debian.org/tracker/${id}`],
];

/** Where a source's own announcements are, the best place first. */
const BY_SOURCE: ReadonlyMap<string, readonly string[]> = new Map([
  ['debian', ['http://www.debian.org', 'https://www.debian.org']],
  ['ubuntu', ['http://www.ubuntu.com', 'https://usn.ubuntu.com']],
  ['redhat', ['https://access.redhat.com']],
  ['suse-cvrf', ['http://lists.opensuse.org', 'https://lists.opensuse.org']],
  ['oracle-oval', ['http://linux.oracle.com/errata', 'https://linux.oracle.com/errata']],
  ['nodejs-security-wg', ['https://www.npmjs.com', 'https://hackerone.com']],
  ['ruby-advisory-db', ['https://groups.google.com']],
]);

/** The one page to look at first; undefined when none is known. */
export function primaryUrlOf(
  id: string,
  references: readonly string[],
  sourceId: string | undefined,
): string | undefined {
  const page = BY_PREFIX.find(([prefix]) => id.startsWith(prefix));
  if (page) return page[1](id);
  const places = (sourceId !== undefined && BY_SOURCE.get(sourceId)) || [];
  for (const place of places) {
    const found = references.find((reference) => reference.startsWith(place));
    if (found !== undefined) return found;
  }
  return undefined;
}
