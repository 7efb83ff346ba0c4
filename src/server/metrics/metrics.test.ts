import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openTestServer } from '../../../test/fixtures/test-server.ts';
import {
  databaseSwapped,
  flightJoined,
  layerDone,
  scanFailed,
  scanFinished,
  storeAccess,
} from '../../base/channels.ts';
import { collectFromChannels } from './collect.ts';
import { definitions, openMetrics } from './metrics.ts';

/** The samples of one metric, labels and all. */
function samples(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
}

test('what crafts and journeys tell of themselves is counted, until nobody wants it', async () => {
  const metrics = await openMetrics();
  const collecting = collectFromChannels(metrics);
  const publish = (): void => {
    scanFinished.publish({ image: 'a', seconds: 2, cached: false, source: 'harbor' });
    scanFinished.publish({ image: 'secret.example/x', seconds: 0.01, cached: true });
    scanFailed.publish({ kind: 'upstream', seconds: 1, source: 'trivy' });
    layerDone.publish({ digest: 'sha256:x', sizeBytes: 1000, cached: false });
    layerDone.publish({ digest: 'sha256:y', sizeBytes: 5000, cached: true });
    storeAccess.publish({ tier: 'memory', hit: true });
    storeAccess.publish({ tier: 'redis', hit: false });
    flightJoined.publish({ what: 'layer' });
    databaseSwapped.publish({ source: 'trivy-db', digest: 'sha256:z' });
  };
  publish();
  collecting[Symbol.dispose]();
  publish();
  const text = await metrics.text();
  for (const sample of [
    'drydock_scans_total{result="scanned",source="harbor"} 1',
    'drydock_scans_total{result="cached",source="other"} 1',
    'drydock_scans_total{result="failed",source="trivy"} 1',
    'drydock_scan_duration_seconds_count{result="scanned"} 1',
    'drydock_layers_total{result="read"} 1',
    'drydock_layers_total{result="cached"} 1',
    'drydock_layer_read_bytes_total 1000',
    'drydock_store_requests_total{tier="memory",result="hit"} 1',
    'drydock_store_requests_total{tier="redis",result="miss"} 1',
    'drydock_flights_joined_total{what="layer"} 1',
    'drydock_database_swaps_total{source="trivy-db"} 1',
  ]) {
    expect(text.split('\n')).toContain(sample);
  }
  expect(text).not.toContain('secret.example');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

describe('gauges that are asked for', () => {
  test('tell the queue and the databases as they are now', async () => {
    let [depth, digest] = [3, 'sha256:a'];
    const databases = (): { source: string; digest: string; updatedAt: number }[] => [
      { source: 'trivy-db', digest, updatedAt: 40_000 },
    ];
    const metrics = await openMetrics({ queueDepth: () => depth, databases }, () => 100_000);
    expect(samples(await metrics.text(), 'drydock_queue_depth')).toEqual(['drydock_queue_depth 3']);
    [depth, digest] = [0, 'sha256:b'];
    const text = await metrics.text();
    expect(samples(text, 'drydock_queue_depth')).toEqual(['drydock_queue_depth 0']);
    expect(samples(text, 'drydock_database')).toEqual([
      'drydock_database_info{source="trivy-db",digest="sha256:b"} 1',
      'drydock_database_age_seconds{source="trivy-db"} 60',
    ]);
  });

  test('are left out when nobody knows', async () => {
    const metrics = await openMetrics({ queueDepth: () => Promise.reject(new Error('down')) });
    expect(samples(await metrics.text(), 'drydock_queue_depth')).toEqual([]);
  });
});

test('labels stay few, whatever is told', async () => {
  const metrics = await openMetrics();
  for (let count = 0; count < 1000; count++) metrics.flightJoined(`what-${count}`);
  metrics.flightJoined('evil"\n} 1');
  expect(samples(await metrics.text(), 'drydock_flights_joined_total').length).toBeLessThanOrEqual(25);
});

test('requests are told by route and status, paths that are none together', async () => {
  await using server = await openTestServer();
  for (const path of ['/healthz', '/a', '/b', '/c?x=secret']) await (await fetch(server.url + path)).text();
  const answer = await fetch(`${server.url}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const text = await answer.text();
  const counts = samples(text, 'drydock_http_request_duration_seconds_count');
  expect(counts).toContain(
    'drydock_http_request_duration_seconds_count{method="GET",route="/healthz",status="200"} 1',
  );
  expect(counts).toContain(
    'drydock_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 3',
  );
  expect(samples(text, 'drydock_http_requests_in_flight')).toEqual(['drydock_http_requests_in_flight 1']);
});

test('the documentation has each metric with its type, labels and meaning', () => {
  const text = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = Object.entries(definitions).map(([name, { type, labels, help }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ') || '–';
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  const found = text.split('\n').filter((line) => line.startsWith('| `drydock_'));
  expect(found).toEqual(rows);
});
