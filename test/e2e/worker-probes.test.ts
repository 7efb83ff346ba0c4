import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from '../fixtures/redis-server.ts';
import { startWorker } from '../fixtures/replica.ts';

const database = fileURLToPath(new URL('../../examples/sample-db', import.meta.url));

test('a worker answers probes and tells metrics where it is told to, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-worker-'));
  const port = await freePort();
  const worker = await startWorker({
    args: ['--probe-listen', `127.0.0.1:${port}`, '--cache-dir', folder, '--db-path', database],
  });
  try {
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    expect((await get('/healthz')).status).toBe(200);
    expect(await (await get('/readyz')).json()).toMatchObject({ ready: true });
    expect(await (await get('/metrics')).text()).toContain('drydock_queue_depth');
    expect((await get('/api/scans')).status).toBe(404);
    expect(await worker.stop()).toBe(0);
  } finally {
    await worker.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
