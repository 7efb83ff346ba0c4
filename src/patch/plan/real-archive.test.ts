import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finding, image } from '../../../test/fixtures/patch-parts.ts';
import { listedRoot, type ListedFiles } from '../../../test/fixtures/listed-root.ts';
import { openHostGates } from '../../oci/registry/host-gates.ts';
import { openTransport } from '../../oci/registry/transport.ts';
import { deb } from '../../versions/deb.ts';
import { datesIn, openFolderCache } from '../sources/archive-cache.ts';
import { openPackageFetcher } from '../sources/fetch-packages.ts';
import { planPatch } from './plan-patch.ts';

/** Settings of apt of the machine itself, where it is a Debian with the archive's own sources. */
function machineFiles(): ListedFiles {
  const paths = ['etc/apt/sources.list', ...below('etc/apt/sources.list.d')].filter((path) =>
    /debian|sources\.list$/.test(path),
  );
  const found: Record<string, Uint8Array> = {};
  for (const path of [...paths, ...below('usr/share/keyrings'), 'etc/os-release']) {
    try {
      found[path] = readFileSync(`/${path}`);
    } catch {
      continue;
    }
  }
  return found;
}

function below(folder: string): string[] {
  try {
    return readdirSync(`/${folder}`).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

async function isReachable(files: ListedFiles): Promise<boolean> {
  const text = Object.entries(files)
    .filter(([path]) => path.startsWith('etc/apt/'))
    .map(([, content]) => Buffer.from(content).toString())
    .join('\n');
  const uri = /https?:\/\/[^\s#]+\/debian\/?(?=\s)/.exec(text.replace(/^#.*$/gm, ''))?.[0];
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(
    Buffer.from(files['etc/os-release'] ?? '').toString(),
  )?.[1];
  if (uri === undefined || codename === undefined) return false;
  const url = `${uri.replace(/\/$/, '')}/dists/${codename}/Release`;
  return fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(3_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

const files = machineFiles();
const reachable = await isReachable(files);

describe.skipIf(!reachable)(
  'the archive that this machine itself uses (needs Debian and its archive)',
  () => {
    const { signal } = new AbortController();
    const transport = openTransport(
      {
        insecureTlsHosts: [],
        caCertificates: [],
        caCertificatesByHost: {},
        clientCertificates: {},
        proxy: {},
        timeoutMs: 30_000,
        userAgent: 'drydock-test',
      },
      openHostGates(4),
    );
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'drydock-archive-'));
    });
    afterAll(async () => {
      await transport[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    test('is verified, read, and gives newer packages that are what its indexes say', async () => {
      const root = listedRoot({
        ...files,
        'var/lib/dpkg/status': ['gzip', 'netbase']
          .map(
            (name) =>
              `Package: ${name}\nStatus: install ok installed\nVersion: 0.1\nArchitecture: ${name === 'gzip' ? 'amd64' : 'all'}\n`,
          )
          .join('\n'),
      });
      const cache = openFolderCache(folder);
      const access = { transport: () => Promise.resolve(transport), cache, dates: datesIn(cache) };
      const ask = {
        image,
        root,
        findings: [
          finding('CVE-1', 'gzip', '0.1', '0.2'),
          {
            ...finding('CVE-2', 'netbase', '0.1', '0.2'),
            package: { ...finding('CVE-2', 'netbase', '0.1').package, architecture: 'all' },
          },
        ],
        options: { unusableSources: 'skip' as const },
        archive: access,
        now: new Date(),
        signal,
      };
      const plan = await planPatch(ask);
      const netbase = plan.updates.find(({ name }) => name === 'netbase');
      expect(plan.indexes.map(({ origin }) => origin)).toContain('Debian');
      expect(netbase && deb.parse(netbase.to)).toBeDefined();
      expect(plan.unfixed.map(({ reason }) => reason)).toEqual(['new-dependency-required']); // of the C library
      const fetchPackage = await openPackageFetcher(root, ask.options, access, { signal });
      const archive = netbase?.archive ?? { url: '', sizeBytes: 0, sha256: '' };
      expect(await fetchPackage(archive, { signal })).toHaveLength(archive.sizeBytes);
      await expect(fetchPackage({ ...archive, sha256: '0'.repeat(64) }, { signal })).rejects.toMatchObject({
        code: 'ARCHIVE_UNTRUSTED',
      });
      expect(await planPatch({ ...ask, options: { ...ask.options, offline: true } })).toEqual(plan);
    }, 120_000);
  },
);
