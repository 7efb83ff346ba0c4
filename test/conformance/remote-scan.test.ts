import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { openScanServer, type ScanServer } from '../fixtures/scan-server.ts';
import { shared } from '../fixtures/shared.ts';

const isReady = shared !== undefined && images !== undefined;
const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;

/** Times, and what is made of chance. */
function settled(text: string): string {
  return text
    .replace(/"(CreatedAt|timestamp|created|annotationDate|startTimeUtc|endTimeUtc)": ?"[^"]*"/g, '"$1":""')
    .replace(/"ReportID": ?"[^"]*"/g, '"ReportID":""')
    .replace(/urn:uuid:[0-9a-f-]{36}/g, 'urn:uuid:')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'uuid');
}

describe.skipIf(!isReady)(
  'what a server judges is told as if it had been judged here (needs ../shared, DRYDOCK_TEST_IMAGES)',
  { timeout: 300_000 },
  () => {
    let database: ReturnType<typeof realDatabase>;
    let server: ScanServer;
    let folder: string;

    beforeAll(async () => {
      database = realDatabase();
      folder = mkdtempSync(join(tmpdir(), 'drydock-remote-'));
      server = await openScanServer(database?.folder ?? '', { engine: `drydock/${version}` });
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      database?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    test.each(layouts(/^(?!hostile)/))('%s', async (name) => {
      const image = `oci:${join(images ?? '', name)}`;
      const env = { DRYDOCK_CACHE_DIR: join(folder, 'cache') };
      for (const format of ['json', 'sarif', 'cyclonedx']) {
        const common = ['--format', format, '--scanners', 'vuln,secret,license,misconfig', image];
        const here = await drydock(['scan', '--db-path', database?.folder ?? '', ...common], { env });
        const there = await drydock(['scan', '--server', server.url, ...common], { env });
        expect(here).toMatchObject({ code: 0 });
        expect(there).toMatchObject({ code: 0 });
        expect(settled(there.stdout), `${name} as ${format}`).toBe(settled(here.stdout));
      }
    });
  },
);
