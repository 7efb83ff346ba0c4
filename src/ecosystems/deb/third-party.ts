/** Vendors who publish packages for Debian and Ubuntu that the distributions' advisories do not speak of. */
const VENDOR_DOMAINS: readonly string[] = [
  'cloudflare.com',
  'cloudsmith.io',
  'datadoghq.com',
  'docker.com',
  'elastic.co',
  'f5.com',
  'gitlab.com',
  'grafana.com',
  'hashicorp.com',
  'influxdata.com',
  'microsoft.com',
  'mongodb.com',
  'nginx.com',
  'nodesource.com',
  'nvidia.com',
];

/** For maintainers given without an address. */
const VENDOR_NAMES: ReadonlySet<string> = new Set([
  'cloudflare',
  'datadog',
  'docker',
  'elastic',
  'elasticsearch',
  'gitlab',
  'grafana labs',
  'hashicorp',
  'microsoft',
  'mongodb',
  'nginx',
  'nodesource',
  'nvidia',
]);

/**
 * True when the maintainer is a vendor with a package archive of his own. Only the domain of the address counts where
 * there is one: `Debian Nginx Maintainers <…@alioth-lists.debian.net>` are Debian.
 */
export function isThirdParty(maintainer: string): boolean {
  const at = maintainer.lastIndexOf('@');
  if (at < 0) return VENDOR_NAMES.has(plainName(maintainer));
  const domain =
    maintainer
      .slice(at + 1)
      .split(/[>\s,]/, 1)[0]
      ?.toLowerCase() ?? '';
  return VENDOR_DOMAINS.some((vendor) => domain === vendor || domain.endsWith(`.${vendor}`));
}

/** `GitLab, Inc.` → `gitlab`. */
function plainName(maintainer: string): string {
  const name = maintainer.split(/[<,]/, 1)[0] ?? '';
  return name
    .trim()
    .toLowerCase()
    .replace(/ (?:inc|corporation|corp|ltd|llc)\.?$/, '');
}
