import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServer } from '../../../test/fixtures/test-server.ts';
import { notices, type Notice } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Door } from '../door.ts';
import { traceparent } from './propagator.ts';
import { startTraces } from './start.ts';
import { traced, traceHeaders } from './traced.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
  readonly events: readonly { name: string }[];
  readonly status: { code?: number };
}

/** Takes what it is sent, as a collector does. */
interface Collector {
  readonly url: string;
  readonly spans: Span[];
  readonly requests: IncomingMessage[];
  statuses: number[];
  readonly server: Server;
}

let collector: Collector;
beforeEach(async () => {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      collector.requests.push(request);
      response.statusCode = collector.statuses.shift() ?? 200;
      if (response.statusCode === 200) collector.spans.push(...spansOf(text));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  collector = { url, spans: [], requests: [], statuses: [], server };
});
afterEach(async () => {
  collector.server.closeAllConnections();
  await new Promise((resolve) => collector.server.close(resolve));
});

function spansOf(text: string): Span[] {
  const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

const door: Door = (app) => {
  app.post('/work/:id', async () =>
    traced('outer', { size: 3, part: 0.5, isNew: true }, async () => {
      await wait(1);
      return traced('inner', {}, async () => ({ headers: traceHeaders() }));
    }),
  );
  app.get('/fail', () =>
    traced('failing', {}, async () => {
      throw new DrydockError('REGISTRY_FAILED', 'went to https://user:hunter2@host/x');
    }),
  );
};
const post = (url: string, headers = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('a request', () => {
  test('is a span under that of its client, with its work below, after a body too', async () => {
    await using server = await openTestServer({ doors: [door] });
    {
      await using _ = startTraces({
        endpoint: collector.url,
        headers: new Map([['x-key', new Secret('k')]]),
        batchMs: 10,
      });
      const answer = await post(`${server.url}/work/1?q=hunter2`, {
        traceparent: `00-${TRACE}-${PARENT}-01`,
      });
      const { headers } = (await answer.json()) as { headers: Record<string, string> };
      await fetch(`${server.url}/healthz`);
      await wait(50);
      const inner = collector.spans.find(({ name }) => name === 'inner');
      expect(headers).toEqual({ traceparent: `00-${TRACE}-${inner?.spanId}-01` });
    }
    const [inner, outer, request] = ['inner', 'outer', 'POST /work/:id'].map((name) =>
      collector.spans.find((span) => span.name === name),
    );
    expect(collector.spans).toHaveLength(3);
    expect(collector.spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    expect([request?.parentSpanId, outer?.parentSpanId, inner?.parentSpanId]).toEqual([
      PARENT,
      request?.spanId,
      outer?.spanId,
    ]);
    expect([request?.kind, inner?.kind]).toEqual([2, 1]);
    expect(request?.attributes).toContainEqual({
      key: 'http.response.status_code',
      value: { intValue: '200' },
    });
    expect(request?.attributes).toContainEqual({ key: 'http.route', value: { stringValue: '/work/:id' } });
    expect(outer?.attributes).toEqual([
      { key: 'size', value: { intValue: '3' } },
      { key: 'part', value: { doubleValue: 0.5 } },
      { key: 'isNew', value: { boolValue: true } },
    ]);
    expect(BigInt(request!.endTimeUnixNano)).toBeGreaterThan(BigInt(request!.startTimeUnixNano));
    expect(Math.abs(Number(BigInt(request!.endTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    const { url, headers } = collector.requests[0]!;
    expect([url, headers['content-type'], headers['x-key']]).toEqual(['/v1/traces', 'application/json', 'k']);
    expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
  });

  test('that fails is marked, with its error but no credentials', async () => {
    await using server = await openTestServer({ doors: [door] });
    {
      await using _ = startTraces({ endpoint: collector.url, batchMs: 10 });
      await (await fetch(`${server.url}/fail`)).text();
      await wait(30);
    }
    const failing = collector.spans.find(({ name }) => name === 'failing');
    expect([failing?.status.code, failing?.events[0]?.name]).toEqual([2, 'exception']);
    expect(collector.spans.find(({ name }) => name === 'GET /fail')?.status.code).toBe(2);
    expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
  });

  test('is not told of when its client or the configuration says so, but the trace goes on', async () => {
    await using server = await openTestServer({ doors: [door] });
    {
      await using _ = startTraces({ endpoint: collector.url, sampleRatio: 0, batchMs: 10 });
      const answer = await post(`${server.url}/work/1`, { traceparent: `00-${TRACE}-${PARENT}-00` });
      const { headers } = (await answer.json()) as { headers: { traceparent: string } };
      expect(headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
      await post(`${server.url}/work/1`);
      await wait(30);
    }
    expect(collector.spans).toEqual([]);
  });
});

describe('a collector', () => {
  test('that is busy is asked again', async () => {
    collector.statuses = [503];
    await using traces = startTraces({ endpoint: collector.url, batchMs: 1 });
    await traced('once', {}, async () => undefined);
    for (let tries = 0; tries < 100 && collector.spans.length === 0; tries++) await wait(20);
    expect(collector.spans.map(({ name }) => name)).toEqual(['once']);
    expect(traces.dropped).toBe(0);
  });

  test('that is not there costs spans, nothing else, and is said once', async () => {
    const heard: Notice[] = [];
    const listener = (notice: Notice): void => void heard.push(notice);
    notices.subscribe(listener);
    const traces = startTraces({ endpoint: 'http://127.0.0.1:1', batchMs: 60_000 });
    for (let count = 0; count < 10_000; count++) await traced('x', {}, async () => undefined);
    const startedAt = Date.now();
    await traces[Symbol.asyncDispose]();
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect(traces.dropped).toBe(10_000);
    expect(heard.map(({ code }) => code)).toEqual(['TRACES_DROPPED']);
    notices.unsubscribe(listener);
  });

  test('must have a URL without a login', () => {
    for (const endpoint of ['nothing', 'ftp://x', 'http://a:b@c']) {
      expect(() => startTraces({ endpoint })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
      );
    }
  });
});

test('an SDK that was there before stays in charge', async () => {
  trace.setGlobalTracerProvider({ getTracer: () => trace.getTracer('noop') });
  const heard: string[] = [];
  const listener = ({ code }: Notice): void => void heard.push(code);
  notices.subscribe(listener);
  await startTraces({ endpoint: collector.url })[Symbol.asyncDispose]();
  expect(heard).toEqual(['TRACES_TAKEN']);
  notices.unsubscribe(listener);
  trace.disable();
});

test('nothing but a well-formed traceparent is continued', () => {
  const read = (text: string): string | undefined => {
    const getter = { get: () => text, keys: () => ['traceparent'] };
    return trace.getSpanContext(traceparent.extract(ROOT_CONTEXT, {}, getter))?.traceId;
  };
  expect(read(`00-${TRACE}-${PARENT}-01`)).toBe(TRACE);
  expect(read(`cc-${TRACE}-${PARENT}-01-what-the-future-brings`)).toBe(TRACE);
  for (const wrong of [
    '',
    'x',
    `00-${TRACE}-${PARENT}`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-x`,
  ]) {
    expect(read(wrong)).toBeUndefined();
  }
  expect(read(`00-${'0'.repeat(32)}-${PARENT}-01`)).toBeUndefined();
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)));
});

test('without traces nothing is kept', async () => {
  expect(await traced('x', {}, async () => 7)).toBe(7);
  expect(traceHeaders()).toEqual({});
  expect([context.active(), propagation.fields()]).toEqual([ROOT_CONTEXT, []]);
});
