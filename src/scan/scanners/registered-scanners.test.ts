import { describe, expect, test } from 'vitest';
import { scannerStep, type ScannerStep } from '../../base/channels.ts';
import type { Signal } from '../../base/signal.ts';
import type { ScannerRegistration } from '../../model/scanner-registration.ts';
import type { ScannerBook } from '../../store/registrations.ts';
import type { AdapterMetadata } from './adapter/metadata.ts';
import { openBreaker } from './breaker.ts';
import { openRegisteredScanners, type RegisteredScanners } from './registered-scanners.ts';
import { SBOM_10, VULNERABILITY_10, VULNERABILITY_11 } from './report-types.ts';
import { ScannerFailure, type ScanTask } from './scanner.ts';
import { isOutage } from './watched-scanner.ts';

const { signal } = new AbortController();
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
const MALWARE = 'application/vnd.example.malware; version=1.0';
const wish = { mediaType: VULNERABILITY_11, manifestType: OCI, repository: 'team/app' };

const registration = (id: string, more: Partial<ScannerRegistration> = {}): ScannerRegistration => ({
  id,
  name: `scanner-${id}`,
  description: '',
  priority: 100,
  isDisabled: false,
  origin: 'request',
  repositories: [],
  maxInFlight: 4,
  timeouts: { submitSeconds: 10, reportSeconds: 60, scanSeconds: 1500 },
  target: { kind: 'adapter', url: `http://${id}`, auth: 'none', skipCertVerify: false },
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  ...more,
});

interface World extends RegisteredScanners {
  book: ScannerBook;
  /** By id; absent: it does not answer. */
  readonly produces: Map<string, readonly string[]>;
  readonly asked: string[];
  readonly ended: string[];
  time: number;
  failBegin: boolean;
}

function world(registrations: readonly ScannerRegistration[], more: Partial<ScannerBook> = {}): World {
  const produces = new Map(registrations.map(({ id }) => [id, [VULNERABILITY_11]]));
  const metadataOf = (types: readonly string[]): AdapterMetadata => ({
    identity: { name: 'x', vendor: 'y', version: '1' },
    properties: {},
    capabilities: types.map((type) => ({
      type: type === SBOM_10 ? 'sbom' : type === MALWARE ? 'malware' : 'vulnerability',
      consumes: [OCI],
      produces: [type],
      billMediaTypes: [],
    })),
  });
  const scanners: RegisteredScanners = openRegisteredScanners({
    book: () => Promise.resolve(self.book),
    localTypes: new Set([VULNERABILITY_11, VULNERABILITY_10]),
    now: () => self.time,
    open: ({ id }) =>
      Promise.resolve({
        scanner: (metadata: (options: Signal) => Promise<AdapterMetadata>) => ({
          id,
          identity: async (options: Signal) => (await metadata(options)).identity,
          begin: () =>
            self.failBegin
              ? Promise.reject(new ScannerFailure('BACKEND_UNAVAILABLE', 'gone', { retryable: true }))
              : Promise.resolve('h'),
          look: () =>
            Promise.resolve({ state: 'waiting' as const, phase: 'queued' as const, afterSeconds: 1 }),
        }),
        metadata() {
          self.asked.push(id);
          const types = self.produces.get(id);
          if (types) return Promise.resolve(metadataOf(types));
          return Promise.reject(new ScannerFailure('BACKEND_UNAVAILABLE', 'no answer', { retryable: true }));
        },
        [Symbol.asyncDispose]() {
          self.ended.push(id);
          return Promise.resolve();
        },
      }),
  });
  const self: World = {
    ...scanners,
    book: { registrations, defaults: {}, ...more },
    produces,
    asked: [],
    ended: [],
    time: 1_000_000,
    failBegin: false,
  };
  return self;
}

async function order(scanners: RegisteredScanners, asked: object = {}): Promise<string[]> {
  const chosen = await scanners.choose({ ...wish, ...asked });
  return chosen.map((one) => (one.kind === 'local' ? 'local' : one.scanner.id));
}

describe('who gets a scan', () => {
  test('Drydock itself before others, and these by priority', async () => {
    const scanners = world([registration('b'), registration('a', { priority: 50 }), registration('c')]);
    expect(await order(scanners)).toEqual(['local', 'a', 'b', 'c']);
  });

  test('a rule for the repository, before the default of the type, before the default, before priority', async () => {
    const scanners = world(
      [
        registration('general'),
        registration('typed'),
        registration('ruled', { repositories: ['other', 'team/*'] }),
        registration('urgent', { priority: -5 }),
      ],
      { defaultId: 'general', defaults: { [VULNERABILITY_11]: 'typed' } },
    );
    expect(await order(scanners)).toEqual(['ruled', 'typed', 'general', 'urgent', 'local']);
    expect(await order(scanners, { repository: 'else/app' })).toEqual([
      'typed',
      'general',
      'urgent',
      'local',
      'ruled',
    ]);
    expect((await order(scanners, { mediaType: VULNERABILITY_10 }))[1]).toBe('typed');
  });

  test('only who makes that report of that artifact, is meant for it, and takes scans', async () => {
    const scanners = world([
      registration('bills'),
      registration('narrow', { scanTypes: [SBOM_10] }),
      registration('off', { isDisabled: true }),
      registration('leaving', { isDraining: true }),
      registration('right'),
    ]);
    scanners.produces.set('bills', [SBOM_10]);
    expect(await order(scanners)).toEqual(['local', 'right']);
    expect(await order(scanners, { manifestType: DOCKER })).toEqual(['local']);
    expect(await order(scanners, { mediaType: SBOM_10 })).toEqual(['bills']);
  });

  test('whoever is named, by id or name, and no other', async () => {
    const scanners = world([registration('a'), registration('b')]);
    expect(await order(scanners, { scanner: 'b' })).toEqual(['b']);
    expect(await order(scanners, { scanner: 'scanner-a' })).toEqual(['a']);
    expect(await order(scanners, { scanner: 'Drydock' })).toEqual(['local']);
    await expect(order(scanners, { scanner: 'nobody' })).rejects.toMatchObject({ code: 'NO_SCANNER' });
    await expect(order(scanners, { scanner: 'a', mediaType: SBOM_10 })).rejects.toMatchObject({
      code: 'UNKNOWN_MIME_TYPE',
    });
    await expect(order(scanners, { scanner: 'a', manifestType: DOCKER })).rejects.toMatchObject({
      code: 'NO_SCANNER',
    });
  });

  test('a type that nobody knows is told from one whose scanners are silent', async () => {
    const scanners = world([registration('a'), registration('b')]);
    await expect(order(scanners, { mediaType: MALWARE })).rejects.toMatchObject({
      code: 'UNKNOWN_MIME_TYPE',
    });
    scanners.produces.set('a', [MALWARE]);
    scanners.time += 60_000;
    const again = world([registration('a')]);
    again.produces.delete('a');
    await expect(order(again, { mediaType: MALWARE })).rejects.toMatchObject({
      code: 'NO_SCANNER',
      retryable: true,
    });
  });
});

describe('the health of scanners', () => {
  test('three silences in a row, and it gets no scans until it answers', async () => {
    const scanners = world([registration('a')]);
    const [one] = scanners.book.registrations;
    if (!one) throw new Error('none');
    expect(await order(scanners)).toEqual(['local', 'a']);
    scanners.produces.delete('a');
    for (const wanted of ['healthy', 'healthy', 'unhealthy']) {
      scanners.time += 30_000;
      expect((await scanners.state(one, { signal })).state).toBe(wanted);
    }
    expect(await order(scanners)).toEqual(['local']);
    scanners.produces.set('a', [VULNERABILITY_11]);
    scanners.time += 30_000;
    expect(await scanners.state(one, { signal })).toMatchObject({ state: 'healthy', circuit: 'closed' });
    expect(await order(scanners)).toEqual(['local', 'a']);
  });

  test('what it says of itself is remembered for 30 s', async () => {
    const scanners = world([registration('a')]);
    for (let times = 0; times < 5; times++) await order(scanners);
    expect(scanners.asked).toEqual(['a']);
  });

  test('one that fails again and again is left alone, and tried again later', async () => {
    const scanners = world([registration('a')]);
    const begin = async () => (await scanners.find('a'))?.begin({} as ScanTask, { signal });
    scanners.failBegin = true;
    const steps: ScannerStep[] = [];
    const listener = (step: ScannerStep): void => void steps.push(step);
    scannerStep.subscribe(listener);
    for (let times = 0; times < 3; times++) await expect(begin()).rejects.toThrow('gone');
    await expect(begin()).rejects.toThrow('left alone');
    scannerStep.unsubscribe(listener);
    expect(steps.map(({ scanner, step, result }) => [scanner, step, result])).toEqual(
      Array.from({ length: 4 }, () => ['scanner-a', 'submit', 'BACKEND_UNAVAILABLE']),
    );
    expect(await order(scanners)).toEqual(['local']);
    scanners.failBegin = false;
    scanners.time += 20_000;
    expect(await begin()).toBe('h');
    expect(await order(scanners)).toEqual(['local', 'a']);
  });

  test('a registration that is changed is opened anew, one that is gone is closed', async () => {
    const scanners = world([registration('a')]);
    await order(scanners);
    scanners.book = { registrations: [registration('a', { priority: 1 })], defaults: {} };
    await order(scanners);
    expect(scanners.ended).toEqual(['a']);
    // What it still does would be torn off.
    scanners.book = { registrations: [registration('a', { priority: 1, isDraining: true })], defaults: {} };
    expect(await scanners.find('a')).toBeDefined();
    expect(scanners.ended).toEqual(['a']);
    scanners.book = { registrations: [], defaults: {} };
    const stop = new AbortController();
    const watching = scanners.watch({ signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await watching;
    expect(scanners.ended).toEqual(['a', 'a']);
    expect(await scanners.find('a')).toBeUndefined();
  });
});

describe('a breaker', () => {
  test('lets one try at a time once it has waited, and waits twice as long when that fails', async () => {
    let time = 0;
    const breaker = openBreaker({
      maxFailures: 2,
      openMs: 100,
      maxOpenMs: 300,
      counts: (error) => (error as Error).message === 'down',
      refusal: () => new Error('refused'),
      now: () => time,
    });
    const options = { signal: new AbortController().signal };
    const fail = () => breaker.run(() => Promise.reject(new Error('down')), options);
    await expect(breaker.run(() => Promise.reject(new Error('bad task')), options)).rejects.toThrow(
      'bad task',
    );
    await expect(fail()).rejects.toThrow('down');
    await expect(breaker.run(() => Promise.reject(new Error('bad task')), options)).rejects.toThrow(
      'bad task',
    );
    for (let times = 0; times < 2; times++) await expect(fail()).rejects.toThrow('down');
    expect(breaker.state()).toBe('open');
    await expect(fail()).rejects.toThrow('refused');
    time = 100;
    expect(breaker.state()).toBe('half-open');
    const trial = breaker.run(
      () => new Promise((_, reject) => setTimeout(() => reject(new Error('down')), 5)),
      options,
    );
    await expect(breaker.run(() => Promise.resolve(1), options)).rejects.toThrow('refused');
    await expect(trial).rejects.toThrow('down');
    time = 250;
    expect(breaker.state()).toBe('open');
    time = 300;
    expect(await breaker.run(() => Promise.resolve(1), options)).toBe(1);
    expect(breaker.state()).toBe('closed');
  });

  test('learns nothing from what was called off, for whatever reason', async () => {
    let time = 0;
    const breaker = openBreaker({
      ...{ maxFailures: 1, openMs: 100, maxOpenMs: 300, counts: isOutage, now: () => time },
      refusal: () => new Error('refused'),
    });
    const down = new ScannerFailure('BACKEND_UNAVAILABLE', 'down');
    const { signal } = new AbortController();
    await expect(breaker.run(() => Promise.reject(down), { signal })).rejects.toBe(down);
    time = 100;
    for (const code of ['ABORTED', 'SCAN_TIMEOUT'] as const) {
      const reason = new ScannerFailure(code, 'called off');
      const hung = () => Promise.reject(reason);
      await expect(breaker.run(hung, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(breaker.state()).toBe('half-open');
    }
  });
});
