/** How the vendors of distributions begin the names they sign packages with. */
const DISTRIBUTION_VENDORS = [
  'AlmaLinux',
  'Amazon',
  'Amazon Linux',
  'Azure Linux',
  'Bottlerocket',
  'CBL-Mariner',
  'CentOS',
  'CloudLinux',
  'EuroLinux',
  'Fedora',
  'MSFT',
  'Microsoft Corporation',
  'openEuler',
  'openSUSE',
  'Oracle America',
  'Oracle Linux',
  'Photon',
  'Red Hat',
  'Rocky',
  'SUSE',
  'Springdale',
  'VMware',
];

/**
 * True when somebody else than the distribution made the package, so that its advisories do not speak of it.
 * Without a vendor nothing is known, and it counts as the distribution's.
 */
export function isThirdParty(vendor: string | undefined, release: string | undefined): boolean {
  if (vendor === undefined || release?.includes('amzn')) return false;
  return !DISTRIBUTION_VENDORS.some((known) => vendor.toLowerCase().startsWith(known.toLowerCase()));
}
