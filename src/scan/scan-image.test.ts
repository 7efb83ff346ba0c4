import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scanFinished, type ScanFinished } from '../base/channels.ts';
import { LayoutWriter } from '../../test/fixtures/layout-writer.ts';
import { gzippedTar } from '../../test/fixtures/tar-writer.ts';
import type { AdvisorySource, AdvisoryStore } from '../advisories/source.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import type { Report } from '../model/report.ts';
import { openLayout } from '../oci/layout/layout.ts';
import type { ImageSource } from '../oci/source.ts';
import { openInventories } from '../store/inventories.ts';
import { openLayerAnalyses } from '../store/layer-analyses.ts';
import { openMemoryStore } from '../store/memory.ts';
import { openReports } from '../store/reports.ts';
import { chooseAnalyzers } from './analyzers.ts';
import { openSharedFlight } from '../store/shared-flight.ts';
import type { Flights } from './flights.ts';
import { openLayerPool } from './layer-pool.ts';
import { scanImage, type ScanParts } from './scan-image.ts';

const analyzers = await chooseAnalyzers({ subject: 'installed', scanners: [] });

const signal = new AbortController().signal;
const status = (name: string, version: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`;
const osLayer = gzippedTar([
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: 'var/lib/dpkg/status', content: status('libc6', '2.36-9') },
]);
const appLayer = gzippedTar([
  { path: 'var/lib/dpkg/status', content: status('libc6', '2.36-9') + status('openssl', '3.0.1-1') },
]);

let folder: string;
let layout: LayoutWriter;
let opened: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-scan-'));
  layout = new LayoutWriter(folder);
  layout.tag(layout.image([osLayer, appLayer]), 'latest');
  opened = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One advisory, against openssl. */
function advisories(database: Partial<AdvisoryDbVersion> = {}): AdvisorySource {
  const version: AdvisoryDbVersion = {
    source: 'test',
    digest: 'd1',
    builtAt: '2026-01-01T00:00:00Z',
    ...database,
  };
  const store: AdvisoryStore = {
    version,
    covers: () => true,
    knowsBuild: () => true,
    find: ({ name }) =>
      name === 'openssl'
        ? [{ id: 'CVE-1', vendorIds: [], affected: [{ fixed: '3.0.2-1' }], status: 'fixed' }]
        : [],
    vulnerability: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return {
    id: 'test',
    update: () => Promise.resolve(version),
    current: () => Promise.resolve(version),
    open: () => Promise.resolve(store),
  };
}

function parts(more: Partial<ScanParts> = {}): ScanParts {
  const store = openMemoryStore();
  const known = analyzers.fingerprint;
  return {
    analyzers,
    pool: openLayerPool({ threads: 1, downloads: 1 }),
    layerAnalyses: openLayerAnalyses(store, known),
    inventories: openInventories(store, known),
    reports: openReports(store),
    advisories: advisories(),
    engine: 'drydock/test',
    now: () => new Date('2026-06-01T00:00:00Z'),
    ...more,
  };
}

async function scan(using: ScanParts, name = 'sample'): Promise<Report> {
  const source = await openLayout(folder, {}, name);
  const counting: ImageSource = {
    ...source,
    openLayer(image, layer, options) {
      opened.push(layer.digest);
      return source.openLayer(image, layer, options);
    },
  };
  const options = { vulnerabilities: true, severitySources: ['auto'] };
  return (await scanImage({ kind: 'image', source: counting }, options, using, { signal })).report;
}

const found = (report: Report): string[] =>
  report.findings.flatMap((f) =>
    f.kind === 'vulnerability' ? [`${f.package.name} ${f.id} ${f.fixedVersion}`] : [],
  );

describe('scanning an image', () => {
  test('reads each layer, merges them and tells what is wrong', async () => {
    const report = await scan(parts());
    expect(found(report)).toEqual(['openssl CVE-1 3.0.2-1']);
    expect(report.packages.map((pkg) => pkg.name)).toEqual(['libc6', 'openssl']);
    expect(report.os).toMatchObject({ family: 'debian', version: '12' });
    expect(opened).toHaveLength(2);
  });

  test('a second scan reads no layer and gives the same report under the new name', async () => {
    const same = parts();
    const first = await scan(same);
    const second = await scan(same, 'other');
    expect(opened).toHaveLength(2);
    expect(second).toEqual({ ...first, image: { ...first.image, name: 'other' } });
  });

  test('a new database is matched without reading a layer', async () => {
    const same = parts();
    await scan(same);
    const renewed = { ...same, advisories: advisories({ digest: 'd2' }) };
    expect((await scan(renewed)).advisoryDbs[0]?.digest).toBe('d2');
    expect(opened).toHaveLength(2);
  });

  test('an image that shares layers reads only its own', async () => {
    const same = parts();
    await scan(same);
    const extra = gzippedTar([{ path: 'x', content: 'y' }]);
    layout = new LayoutWriter(folder);
    layout.tag(layout.image([osLayer, appLayer, extra]), 'latest');
    await scan(same);
    expect(opened).toHaveLength(3);
  });

  test('a damaged layer fails the scan, and nothing of it is remembered', async () => {
    const same = parts();
    const good = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    const blob = (digest: string): string => join(folder, 'blobs', 'sha256', digest.slice(7));
    const manifest = JSON.parse(await readFile(blob(good.manifests[0]?.digest ?? ''), 'utf8')) as {
      layers: { digest: string }[];
    };
    const path = blob(manifest.layers[1]?.digest ?? '');
    const bytes = await readFile(path);
    const damaged = Buffer.from(bytes);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await writeFile(path, damaged);
    await expect(scan(same)).rejects.toMatchObject({ code: 'LAYER_DIGEST_MISMATCH' });
    await writeFile(path, bytes);
    expect(found(await scan(same))).toEqual(['openssl CVE-1 3.0.2-1']);
  });

  test('a database that is replaced while it judges: the report is the new one, and found by the new key', async () => {
    const reports = openReports(openMemoryStore());
    const [old, renewed] = [advisories(), advisories({ digest: 'd2' })];
    let using = old;
    const swapped: AdvisorySource = {
      ...old,
      current: () => using.current(),
      open: () => {
        const store = using.open();
        using = renewed;
        return store;
      },
    };
    const report = await scan(parts({ advisories: swapped, reports }));
    expect(report.advisoryDbs).toMatchObject([{ digest: 'd2' }]);
    const again = await scan(parts({ advisories: renewed, reports }));
    expect(again.scannedAt).toBe(report.scannedAt);
    expect(opened).toHaveLength(2);
    expect((await scan(parts({ advisories: old, reports }))).advisoryDbs).toMatchObject([{ digest: 'd1' }]);
  });

  test('what others may do at the same time is asked for by a name that says all it depends on', async () => {
    const names: string[] = [];
    const flights: Flights = {
      run: ({ name, make }, options) => {
        names.push(name);
        return make(options);
      },
    };
    const report = await scan(parts({ flights }));
    const { digest, config } = report.image;
    const layers = config.rootfs.diff_ids.map((diffId) => `layer/${diffId}/${analyzers.fingerprint}`);
    expect(names).toEqual([expect.stringContaining(`report/{"image":"${digest}"`), ...layers]);
  });

  test('what another one made meanwhile is not made again', async () => {
    const same = parts();
    const first = await scan(same);
    opened = [];
    const findsFirst: Flights = { run: async ({ find, make }, options) => (await find()) ?? make(options) };
    // The report is not there when it is looked for, and is when it is this one's turn.
    let looks = 0;
    const reports: ScanParts['reports'] = {
      find: async (key) => (looks++ === 0 ? undefined : same.reports.find(key)),
      remember: () => Promise.reject(new Error('made again')),
    };
    const second = await scan({ ...same, reports, flights: findsFirst }, 'other');
    expect(second).toEqual({ ...first, image: { ...first.image, name: 'other' } });
    expect(opened).toEqual([]);
  });

  test('of those who ask at once, one scans, and for the others it is known', async () => {
    const told: { cached: boolean; source?: string }[] = [];
    const note = ({ cached, source }: ScanFinished): void =>
      void told.push({ cached, ...(source && { source }) });
    scanFinished.subscribe(note);
    const shared = openSharedFlight(undefined);
    const flights: Flights = {
      run: (flight, { signal }) => shared.run({ ...flight, ttlSeconds: 1, signal }),
    };
    const same = parts({ flights });
    await Promise.all([1, 2, 3].map((i) => scan(same, `name-${i}`)));
    scanFinished.unsubscribe(note);
    expect(told.map(({ cached }) => cached).sort()).toEqual([false, true, true]);
  });

  test('without a database it says how to get one', async () => {
    const none = { ...advisories(), current: () => Promise.resolve(undefined) };
    await expect(scan(parts({ advisories: none }))).rejects.toMatchObject({
      code: 'DATABASE_MISSING',
      hint: expect.stringContaining('db update') as string,
    });
  });
});
