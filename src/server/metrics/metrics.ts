import type * as Prom from 'prom-client';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { boundedLabel } from './label.ts';

/** What is known of a database that scans are judged by. */
export interface DatabaseGauge {
  readonly source: string;
  readonly digest: string;
  /** When it was built, in milliseconds since the epoch. */
  readonly updatedAt?: number;
}

/** Another scanner, as this process sees it. */
export interface ScannerGauge {
  /** Of its registration. */
  readonly scanner: string;
  /** It answers, and is not left alone for its failures. */
  readonly isUp: boolean;
}

/** Asked at every look at the metrics. */
export interface MetricSources {
  /** Jobs that wait. */
  readonly queueDepth?: () => number | Promise<number>;
  readonly databases?: () => readonly DatabaseGauge[] | Promise<readonly DatabaseGauge[]>;
  readonly scanners?: () => readonly ScannerGauge[] | Promise<readonly ScannerGauge[]>;
}

/** What is counted here, in verbs; names and labels are in `definitions`. */
export interface ServerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  requestStarted(): void;
  requestEnded(): void;
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  rateLimited(): void;
  authFailed(reason: 'unauthenticated' | 'forbidden'): void;
  scanned(scan: { result: 'scanned' | 'cached' | 'failed'; source: string; seconds: number }): void;
  layerDone(layer: { cached: boolean; sizeBytes: number }): void;
  storeAsked(access: { tier: string; hit: boolean }): void;
  flightJoined(what: string): void;
  databaseSwapped(source: string): void;
  componentEnded(component: { type: string; result: string; scanner: string }): void;
  scannerStep(step: { scanner: string; step: string; result: string; seconds: number }): void;
}

interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

const HTTP_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const SCAN_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Every metric of ours; the table in docs/metrics.md says the same. */
export const definitions = {
  drydock_scans_total: {
    type: 'counter',
    help: 'Scans that ended, by result (scanned, cached, failed) and by what asked for them',
    labels: ['result', 'source'],
  },
  drydock_scan_duration_seconds: {
    type: 'histogram',
    help: 'Time from a request to its report',
    labels: ['result'],
    buckets: SCAN_SECONDS,
  },
  drydock_layers_total: {
    type: 'counter',
    help: 'Layers that were needed, by result (read, cached)',
    labels: ['result'],
  },
  drydock_layer_read_bytes_total: {
    type: 'counter',
    help: 'Compressed bytes of layers that were read and analyzed',
    labels: [],
  },
  drydock_store_requests_total: {
    type: 'counter',
    help: 'Look-ups in the store, by tier and result (hit, miss), but for those of threads that renew reports',
    labels: ['tier', 'result'],
  },
  drydock_flights_joined_total: {
    type: 'counter',
    help: 'Requests that waited for what was just being made for another one',
    labels: ['what'],
  },
  drydock_scan_components_total: {
    type: 'counter',
    help: 'Parts of scans of several types that ended, by type, by result (completed, cached, failed, aborted) and by who scanned; counted when they are first seen to be over',
    labels: ['type', 'result', 'scanner'],
  },
  drydock_scanner_requests_total: {
    type: 'counter',
    help: 'What was asked of other scanners, by step (submit, report) and result (ok, or the code of a failure)',
    labels: ['scanner', 'step', 'result'],
  },
  drydock_scanner_request_duration_seconds: {
    type: 'histogram',
    help: 'Time that other scanners took for an answer, all attempts together',
    labels: ['scanner', 'step'],
    buckets: SCAN_SECONDS,
  },
  drydock_scanner_up: {
    type: 'gauge',
    help: 'Whether another scanner answers (1) or not (0)',
    labels: ['scanner'],
  },
  drydock_queue_depth: { type: 'gauge', help: 'Jobs that wait for a worker', labels: [] },
  drydock_database_info: {
    type: 'gauge',
    help: 'Always 1; the labels name the databases in use',
    labels: ['source', 'digest'],
  },
  drydock_database_age_seconds: {
    type: 'gauge',
    help: 'Time since the database in use was built',
    labels: ['source'],
  },
  drydock_database_swaps_total: {
    type: 'counter',
    help: 'Changes to another database while running',
    labels: ['source'],
  },
  drydock_http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the end of the request headers to the end of the answer',
    labels: ['method', 'route', 'status'],
    buckets: HTTP_SECONDS,
  },
  drydock_http_requests_in_flight: { type: 'gauge', help: 'Requests that are being answered', labels: [] },
  drydock_http_rate_limited_total: {
    type: 'counter',
    help: 'Requests put off because their client asks too often',
    labels: [],
  },
  drydock_auth_failures_total: {
    type: 'counter',
    help: 'Requests turned away, by reason (unauthenticated, forbidden)',
    labels: ['reason'],
  },
} as const satisfies Record<string, Definition>;

type Name = keyof typeof definitions;
type Made = {
  readonly [N in Name]: (typeof definitions)[N]['type'] extends 'counter'
    ? Counter
    : (typeof definitions)[N]['type'] extends 'gauge'
      ? Gauge
      : Histogram;
};

/** Opens all metrics in a registry of their own, with those of the process. */
export async function openMetrics(
  sources: MetricSources = {},
  now: () => number = Date.now,
): Promise<ServerMetrics> {
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });
  const made = make(prom, registry);
  // Wanted from the start, so that a rate can be told when the first one comes.
  for (const reason of ['unauthenticated', 'forbidden']) made.drydock_auth_failures_total.inc({ reason }, 0);
  return {
    ...verbs(made),
    contentType: registry.contentType,
    text: () => tell(registry, made, sources, now),
  };
}

function make(prom: typeof Prom, registry: Registry): Made {
  const entries = Object.entries(definitions).map(([name, definition]: [string, Definition]) => {
    const { type, help, labels, buckets } = definition;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') return [name, new prom.Counter(options)];
    if (type === 'gauge') return [name, new prom.Gauge(options)];
    return [name, new prom.Histogram({ ...options, ...(buckets && { buckets: [...buckets] }) })];
  });
  // One entry was made for each name, of the type that is written there.
  return Object.fromEntries(entries) as Made;
}

function verbs(made: Made): Omit<ServerMetrics, 'contentType' | 'text'> {
  const label = boundedLabel();
  return {
    requestStarted: () => made.drydock_http_requests_in_flight.inc(),
    requestEnded: () => made.drydock_http_requests_in_flight.dec(),
    answered({ method, route, status, seconds }) {
      made.drydock_http_request_duration_seconds.observe({ method, route, status }, seconds);
    },
    rateLimited: () => made.drydock_http_rate_limited_total.inc(),
    authFailed: (reason) => made.drydock_auth_failures_total.inc({ reason }),
    scanned({ result, source, seconds }) {
      made.drydock_scans_total.inc({ result, source: label('source', source) });
      made.drydock_scan_duration_seconds.observe({ result }, seconds);
    },
    layerDone({ cached, sizeBytes }) {
      made.drydock_layers_total.inc({ result: cached ? 'cached' : 'read' });
      if (!cached) made.drydock_layer_read_bytes_total.inc(Math.max(0, sizeBytes));
    },
    storeAsked({ tier, hit }) {
      made.drydock_store_requests_total.inc({ tier: label('tier', tier), result: hit ? 'hit' : 'miss' });
    },
    flightJoined: (what) => made.drydock_flights_joined_total.inc({ what: label('what', what) }),
    databaseSwapped: (source) => made.drydock_database_swaps_total.inc({ source: label('source', source) }),
    componentEnded({ type, result, scanner }) {
      made.drydock_scan_components_total.inc({ type, result, scanner: label('scanner', wordOf(scanner)) });
    },
    scannerStep({ scanner, step, result, seconds }) {
      const name = label('scanner', wordOf(scanner));
      made.drydock_scanner_requests_total.inc({ scanner: name, step, result });
      made.drydock_scanner_request_duration_seconds.observe({ scanner: name, step }, seconds);
    },
  };
}

const MAX_SCANNERS = 200;

/** A name that people gave, as a label can be. */
function wordOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 32);
}

/** A source that fails leaves its gauges out: a wrong number would be believed. */
async function tell(
  registry: Registry,
  made: Made,
  sources: MetricSources,
  now: () => number,
): Promise<string> {
  const [depth, databases, scanners] = await Promise.all([
    asked(sources.queueDepth),
    asked(sources.databases),
    asked(sources.scanners),
  ]);
  made.drydock_queue_depth.reset();
  if (depth === undefined) made.drydock_queue_depth.remove();
  else made.drydock_queue_depth.set(depth);
  made.drydock_database_info.reset();
  made.drydock_database_age_seconds.reset();
  made.drydock_scanner_up.reset();
  for (const { scanner, isUp } of (scanners ?? []).slice(0, MAX_SCANNERS))
    made.drydock_scanner_up.set({ scanner: wordOf(scanner) }, isUp ? 1 : 0);
  for (const { source, digest, updatedAt } of databases ?? []) {
    made.drydock_database_info.set({ source, digest }, 1);
    if (updatedAt !== undefined)
      made.drydock_database_age_seconds.set({ source }, (now() - updatedAt) / 1000);
  }
  return registry.metrics();
}

async function asked<T>(source: (() => T | Promise<T>) | undefined): Promise<T | undefined> {
  try {
    return await source?.();
  } catch {
    return undefined; // told by the gauge that is not there
  }
}
