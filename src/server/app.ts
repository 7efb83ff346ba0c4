import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import {
  createServer,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions as HttpOptions,
} from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { admitCallers } from './admit.ts';
import type { Authentication } from './auth/authentication.ts';
import { answerBadConnections } from './bad-connections.ts';
import type { Door } from './door.ts';
import { healthRoutes, type ReadinessChecks } from './health.ts';
import { trackInFlight, type InFlight } from './in-flight.ts';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
import { assertSafeToListen, isLoopback, type ListenOptions } from './listen-safety.ts';
import { collectFromChannels } from './metrics/collect.ts';
import { openMetrics, type MetricSources } from './metrics/metrics.ts';
import { metricsRoute } from './metrics/metrics-route.ts';
import { answerOtherMethods, answerUnknownPaths } from './not-found.ts';
import { logNotices } from './notice-log.ts';
import { observeRequests } from './observe.ts';
import { answerToOwnNames } from './own-names.ts';
import { answerBadPath, tellErrors, writeProblem } from './problem.ts';
import { openRateLimit, type RateLimitOptions } from './rate-limit.ts';
import { requestIdOf } from './request-id.ts';
import { loggerOptions, type LogOptions } from './server-log.ts';
import { stopServer } from './stop.ts';
import { clientCertificateOptions, keepTlsCurrent, readSecureContext, type ServerTlsOptions } from './tls.ts';
import { traceRequests } from './traces/trace-requests.ts';
import { versionRoute, type VersionSource } from './version.ts';

export interface ServerOptions {
  readonly listen: ListenOptions;
  /** Opened, and closed, by whoever opens the server: doors may ask it too. */
  readonly authentication: Authentication;
  /** Lets everybody do everything from everywhere when there is no authentication. */
  readonly insecureNoAuth?: boolean;
  readonly tls?: ServerTlsOptions;
  readonly version: VersionSource;
  readonly checks?: ReadinessChecks;
  readonly metrics?: MetricSources & {
    /** Who may read them; the default is `open` on a loopback address and `read` elsewhere. */
    readonly access?: 'open' | 'read';
  };
  readonly rateLimit?: RateLimitOptions;
  readonly limits?: Partial<ServerLimits>;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  /** Absent: nothing is logged. */
  readonly log?: LogOptions;
}

const PLUGIN_TIMEOUT_MS = 120_000;

/** A server with its doors, ready to listen. */
export interface Server {
  /** With the port that it was given once it listens. */
  readonly url: string;
  readonly log: FastifyBaseLogger;
  /** @throws what the system says, such as EADDRINUSE */
  listen(): Promise<AddressInfo>;
  /** Takes nothing more on, waits so long for what is being answered, calls the rest off and closes. */
  close(graceMs: number): Promise<void>;
}

/**
 * Opens the server: what all doors share (limits, log, metrics, authentication, errors, probes) and then each door.
 *
 * @throws DrydockError CONFIG_INVALID for certificates that cannot be used, and when it would be open to everybody
 */
export async function openServer(options: ServerOptions, doors: readonly Door[]): Promise<Server> {
  assertSafeToListen(options);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = await openApp(options, limits);
  const metrics = await openMetrics(options.metrics);
  const finishMethods = answerOtherMethods(app);
  observeRequests(app, metrics);
  traceRequests(app);
  markAnswers(app, limits);
  const inFlight = trackInFlight(app, limits.inFlight);
  if (options.authentication.isOpen && options.insecureNoAuth !== true) answerToOwnNames(app);
  const rateLimit = options.rateLimit && openRateLimit(options.rateLimit);
  app.decorateRequest('caller');
  admitCallers(app, { authentication: options.authentication, rateLimit, metrics });
  tellErrors(app, writeProblem);
  answerUnknownPaths(app);
  healthRoutes(app, options.checks ?? {}, () => inFlight.isStopping);
  versionRoute(app, options.version);
  const access = options.metrics?.access ?? (isLoopback(options.listen.host) ? 'open' : 'read');
  metricsRoute(app, metrics, access);
  for (const door of doors) await app.register(async (inside) => door(inside));
  finishMethods();
  await app.ready();
  const held = [collectFromChannels(metrics), logNotices(app.log), ...keepTls(app, options)];
  return serverOf(app, options, inFlight, held);
}

async function openApp(options: ServerOptions, limits: ServerLimits): Promise<FastifyInstance> {
  const serverFactory = await serverMaker(options, limits);
  return fastify({
    serverFactory,
    // A busy machine is no reason not to start.
    pluginTimeout: PLUGIN_TIMEOUT_MS,
    logger: loggerOptions(options.log),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: requestIdOf,
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: limits.pathParameterChars },
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    // Told in our own words, as the probes must still be answered.
    return503OnClosing: false,
    clientErrorHandler: answerBadConnections,
    frameworkErrors: (error, request, reply) => answerBadPath(error, request, reply),
  });
}

/** Makes the server with every timeout and bound that Node has. */
async function serverMaker(
  { tls }: ServerOptions,
  limits: ServerLimits,
): Promise<(handler: RequestListener) => HttpServer> {
  const bounds: HttpOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
  };
  const context = tls && { ...(await readSecureContext(tls)), ...clientCertificateOptions(tls) };
  return (handler) => {
    const server = context
      ? createTlsServer({ ...bounds, ...context, handshakeTimeout: limits.headersMs }, handler)
      : createServer(bounds, handler);
    server.maxConnections = limits.connections;
    return server;
  };
}

/** What every answer says, and a bound on how long a client may take to read one. */
function markAnswers(app: FastifyInstance, { stalledAnswerMs }: ServerLimits): void {
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    const { raw } = reply;
    // Doors that tell errors all by themselves may forget it.
    if (reply.statusCode === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', 5);
    raw.setTimeout(stalledAnswerMs, () => raw.destroy());
    done(null, payload);
  });
}

function keepTls(app: FastifyInstance, { tls }: ServerOptions): Disposable[] {
  return tls ? [keepTlsCurrent(app.server as unknown as HttpsServer, tls)] : [];
}

function serverOf(
  app: FastifyInstance,
  { listen, tls }: ServerOptions,
  inFlight: InFlight,
  held: readonly Disposable[],
): Server {
  const host = listen.host.includes(':') ? `[${listen.host.replace(/^\[|\]$/g, '')}]` : listen.host;
  const portNow = (): number => (app.server.address() as AddressInfo | null)?.port ?? listen.port;
  let closing: Promise<void> | undefined;
  return {
    get url() {
      return `${tls ? 'https' : 'http'}://${host}:${portNow()}`;
    },
    log: app.log,
    async listen() {
      await app.listen({
        host: listen.host.replace(/^\[|\]$/g, ''),
        port: listen.port,
        listenTextResolver: (address) => `listening on ${address}`,
      });
      return app.server.address() as AddressInfo;
    },
    close(graceMs) {
      closing ??= stopServer(app, inFlight, graceMs).finally(() => {
        for (const item of held) item[Symbol.dispose]();
      });
      return closing;
    },
  };
}
