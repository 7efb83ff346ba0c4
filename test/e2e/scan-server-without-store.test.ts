import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { drydock } from '../fixtures/program.ts';
import { hasRedis, startRedis } from '../fixtures/redis-server.ts';
import { startReplica } from '../fixtures/replica.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const image = `oci:${join(examples, 'sample-image')}:latest`;
const database = join(examples, 'sample-db');

describe.skipIf(!hasRedis)('a server whose Redis is gone (needs redis-server)', () => {
  test('still judges what a client sends, and says that it is degraded', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-storeless-'));
    const redis = await startRedis();
    const store = ['--store', `redis://127.0.0.1:${redis.port}`, '--log-level', 'warn'];
    await using server = await startReplica({
      args: [...store, '--cache-dir', join(folder, 'server'), '--db-path', database],
    });
    const scan = (...args: string[]) =>
      drydock(['scan', '--format', 'json', ...args, image], {
        env: { DRYDOCK_CACHE_DIR: join(folder, 'client') },
      });
    try {
      await redis.kill();
      const there = await scan('--server', server.url);
      expect({ code: there.code, stderr: there.stderr }).toEqual({ code: 0, stderr: '' });
      const here = await scan('--db-path', database);
      const settled = (text: string): string => text.replace(/"(CreatedAt|ReportID)": ?"[^"]*"/g, '');
      expect(settled(there.stdout)).toBe(settled(here.stdout));
      const ready = await server.get('/readyz');
      expect(await ready.text()).toMatch(/redis does not answer/);
    } finally {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
