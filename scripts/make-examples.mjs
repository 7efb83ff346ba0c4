// Writes examples/sample-image (an OCI layout) and examples/sample-db (an advisory database) out of
// examples/facts.json. The same facts and the same Node give the same bytes.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const OS_RELEASE = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

const examples = new URL('../examples/', import.meta.url);
const facts = JSON.parse(readFileSync(new URL('facts.json', examples), 'utf8'));
const { writeBbolt } = await load('../test/fixtures/bbolt-writer.ts');
const { LayoutWriter } = await load('../test/fixtures/layout-writer.ts');
const { tar } = await load('../test/fixtures/tar-writer.ts');

writeImage(new URL('sample-image/', examples));
writeDatabase(new URL('sample-db/', examples));

/** A module of the tests, which are TypeScript. */
async function load(path) {
  const entry = new URL(path, import.meta.url).pathname;
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function writeImage(folder) {
  rmSync(folder, { recursive: true, force: true });
  const layout = new LayoutWriter(folder.pathname.replace(/\/$/, ''));
  const base = facts.packages.filter(({ name }) => !facts.added.includes(name));
  const tars = [
    tar([
      ...['etc/', 'usr/', 'usr/lib/', 'var/', 'var/lib/', 'var/lib/dpkg/'].map((path) => ({
        path,
        type: '5',
        mode: 0o755,
      })),
      { path: 'usr/lib/os-release', content: OS_RELEASE },
      { path: 'etc/os-release', type: '2', link: '../usr/lib/os-release', mode: 0o777 },
      { path: 'etc/debian_version', content: '12.0\n' },
      { path: 'var/lib/dpkg/status', content: base.map(stanza).join('\n') },
    ]),
    tar([{ path: 'var/lib/dpkg/status', content: facts.packages.map(stanza).join('\n') }]),
  ];
  const layers = tars.map((bytes) =>
    layout.blob(gzipSync(bytes, { level: 9 }), 'application/vnd.oci.image.layer.v1.tar+gzip'),
  );
  const history = ['base system', `add ${facts.added.join(' ')}`].map((step) => ({
    created: facts.updated,
    created_by: `sample: ${step}`,
  }));
  const config = layout.json(
    {
      created: facts.updated,
      architecture: 'amd64',
      os: 'linux',
      config: {
        Env: ['PATH=/usr/sbin:/usr/bin'],
        Cmd: ['bash'],
        Labels: { 'org.opencontainers.image.title': 'Drydock sample' },
      },
      rootfs: {
        type: 'layers',
        diff_ids: tars.map((bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`),
      },
      history,
    },
    'application/vnd.oci.image.config.v1+json',
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  layout.tag(layout.json({ schemaVersion: 2, mediaType, config, layers }, mediaType), 'latest');
}

function stanza({ name, version, source, size, summary }) {
  return [
    `Package: ${name}`,
    'Status: install ok installed',
    'Priority: optional',
    `Installed-Size: ${size}`,
    'Maintainer: Sample <sample@example.com>',
    'Architecture: amd64',
    ...(source ? [`Source: ${source}`] : []),
    `Version: ${version}`,
    `Description: ${summary}`,
    '',
  ].join('\n');
}

function writeDatabase(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const byPackage = new Map();
  for (const advisory of facts.advisories) {
    const known = byPackage.get(advisory.package) ?? new Map();
    byPackage.set(advisory.package, known.set(advisory.id, JSON.stringify(advisoryValue(advisory))));
  }
  const source = {
    ID: 'debian',
    Name: 'Debian Security Tracker',
    URL: 'https://security-tracker.debian.org/tracker/',
  };
  const database = writeBbolt(
    new Map([
      ['data-source', new Map([['debian 12', JSON.stringify(source)]])],
      ['debian 12', byPackage],
      [
        'vulnerability',
        new Map(facts.vulnerabilities.map((one) => [one.id, JSON.stringify(vulnerabilityValue(one))])),
      ],
    ]),
  );
  const metadata = {
    Version: 2,
    NextUpdate: facts.updated,
    UpdatedAt: facts.updated,
    DownloadedAt: facts.updated,
    Sample: true,
  };
  writeFileSync(new URL('trivy.db', folder), database);
  writeFileSync(new URL('metadata.json', folder), `${JSON.stringify(metadata)}\n`);
}

/** Numbers as in the format: severities from 0 (unknown) to 4 (critical), status 2 is affected and 3 fixed. */
function advisoryValue({ fixed, severity }) {
  return fixed ? { FixedVersion: fixed, Status: 3 } : { Status: 2, Severity: severityNumber(severity) };
}

function vulnerabilityValue({ id, title, severity, cvss, score, cwe, published, modified }) {
  const vector = cvss?.startsWith('CVSS:4')
    ? { V40Vector: cvss, V40Score: score }
    : { V3Vector: cvss, V3Score: score };
  return {
    Title: title,
    Severity: severity,
    VendorSeverity: { nvd: severityNumber(severity) },
    ...(cwe && { CweIDs: cwe }),
    ...(cvss && { CVSS: { nvd: vector } }),
    References: [
      `https://security-tracker.debian.org/tracker/${id}`,
      `https://www.cve.org/CVERecord?id=${id}`,
    ],
    PublishedDate: published,
    ...(modified && { LastModifiedDate: modified }),
  };
}

function severityNumber(severity) {
  return ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].indexOf(severity);
}
