import type { DataSource } from '../../model/advisory.ts';

/** Whose a record is, by how its id begins. Names are those that severities are kept under. */
const BY_PREFIX: readonly (readonly [prefixes: readonly string[], source: DataSource])[] = [
  [['GHSA'], source('ghsa', 'GitHub Security Advisories', 'https://github.com/advisories')],
  [['GO'], source('govulndb', 'The Go Vulnerability Database', 'https://pkg.go.dev/vuln/')],
  [
    ['PYSEC'],
    source('pypa', 'Python Packaging Advisory Database', 'https://github.com/pypa/advisory-database'),
  ],
  [['RUSTSEC'], source('rustsec', 'RustSec Advisory Database', 'https://github.com/RustSec/advisory-db')],
  [
    ['MAL'],
    source('malicious-packages', 'OpenSSF Malicious Packages', 'https://github.com/ossf/malicious-packages'),
  ],
  [['BIT'], source('bitnami', 'Bitnami Vulnerability Database', 'https://github.com/bitnami/vulndb')],
  [
    ['JLSEC'],
    source('julia', 'Julia Security Advisories', 'https://github.com/JuliaLang/SecurityAdvisories.jl'),
  ],
  [['EEF'], source('erlef', 'Erlang Ecosystem Foundation CNA', 'https://cna.erlef.org')],
  [
    ['DEBIAN', 'DSA', 'DLA', 'DTSA', 'ELA'],
    source('debian', 'Debian Security Tracker', 'https://security-tracker.debian.org'),
  ],
  [['UBUNTU', 'USN', 'LSN'], source('ubuntu', 'Ubuntu Security Notices', 'https://ubuntu.com/security')],
  [['ALPINE'], source('alpine', 'Alpine Security Database', 'https://secdb.alpinelinux.org')],
  [
    ['RHSA', 'RHBA', 'RHEA'],
    source('redhat', 'Red Hat Security Data', 'https://security.access.redhat.com/data'),
  ],
  [['ALSA', 'ALBA', 'ALEA'], source('alma', 'AlmaLinux Errata', 'https://errata.almalinux.org')],
  [['RLSA', 'RXSA'], source('rocky', 'Rocky Linux Errata', 'https://errata.rockylinux.org')],
  [
    ['SUSE', 'openSUSE'],
    source('suse-cvrf', 'SUSE Security Updates', 'https://www.suse.com/support/update/'),
  ],
  [['CGA'], source('chainguard', 'Chainguard Advisories', 'https://images.chainguard.dev/security')],
  [['MINI'], source('minimos', 'Minimus Security Notices', 'https://packages.mini.dev/advisories')],
  [['ECHO'], source('echo', 'Echo Security Advisories', 'https://advisory.echohq.com')],
  [
    ['AZL'],
    source(
      'azure',
      'Azure Linux Vulnerability Data',
      'https://github.com/microsoft/AzureLinuxVulnerabilityData',
    ),
  ],
  [['PHSA'], source('photon', 'Photon OS Security Advisories', 'https://github.com/vmware/photon/wiki')],
  [['ROOT'], source('rootio', 'Root Security Advisories', 'https://root.io')],
];

const OTHER = source('osv', 'OSV', 'https://osv.dev');

const SOURCE_OF_PREFIX: ReadonlyMap<string, DataSource> = new Map(
  BY_PREFIX.flatMap(([prefixes, of]) => prefixes.map((prefix) => [prefix, of] as const)),
);
const BY_ID: ReadonlyMap<string, DataSource> = new Map(BY_PREFIX.map(([, of]) => [of.id, of]));

function source(id: string, name: string, url: string): DataSource {
  return { id, name, url };
}

export function dataSourceOf(recordId: string): DataSource {
  return SOURCE_OF_PREFIX.get(recordId.slice(0, recordId.indexOf('-'))) ?? OTHER;
}

export function dataSourceById(id: string): DataSource {
  return BY_ID.get(id) ?? OTHER;
}
