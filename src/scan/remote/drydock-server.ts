import { layerDone } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import { limitTo } from '../../base/limit.ts';
import type { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import type { LayerAnalysis } from '../../model/analysis.ts';
import type { Finding } from '../../model/finding.ts';
import type { Image, Layer } from '../../model/image.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { encode } from '../../store/encode.ts';
import { skippedLayers } from '../analyze-layers.ts';
import { inventoryAsLayer, packageKey, withoutLayer } from './inventory-layer.ts';
import { configFindings, isOfConfig, unjudgedReport, type OwnParts } from './own-findings.ts';
import { pullRemotely } from './pull-remotely.ts';
import { readReport, REPORT_TYPE } from './report-wire.ts';
import type { LayeredSubject, RemoteScanner, Wanted } from './remote-scanner.ts';
import type { ServerConnection } from './server-connection.ts';

export interface DrydockServerParts extends OwnParts {
  readonly connection: ServerConnection;
  /** Ends with a slash. */
  readonly base: URL;
  readonly token: Secret | undefined;
}

const LAYER_TYPE = 'application/vnd.drydock.layer-analysis+json+br';
/** The server takes no larger ones. */
const MAX_PACKED_BYTES = 32 << 20;
const UPLOADS = 4;
const MAX_NAME_CHARS = 4096;
const MAX_REASON_CHARS = 1024;

/** A server of Drydock, which remembers layers and gives whole reports. */
export function openDrydockServer(parts: DrydockServerParts): RemoteScanner {
  const { connection, base, token } = parts;
  const headers = token ? { authorization: `Bearer ${token.reveal()}` } : {};
  const json = { ...headers, 'content-type': 'application/json', accept: 'application/json' };
  const forReport = { ...json, accept: `${REPORT_TYPE}, application/json;q=0.5` };

  /** Of these layers the ones that the server has not. */
  async function missingAmong(
    layers: readonly Layer[],
    analyzers: string,
    options: Signal,
  ): Promise<readonly Layer[]> {
    const body = JSON.stringify({ analyzers, diffIds: layers.map(({ diffId }) => diffId) });
    const url = new URL('api/layers/missing', base);
    const answer = await connection.ask({ method: 'POST', url, headers: json, body }, options);
    const missing = missingIn(answer.body, connection.host);
    const once = new Map(layers.map((layer) => [layer.diffId as string, layer]));
    return [...once.values()].filter(({ diffId }) => missing.has(diffId));
  }

  async function upload(analysis: LayerAnalysis, options: Signal): Promise<void> {
    const body = await encode(analysis);
    if (!body || body.length > MAX_PACKED_BYTES) throw tooLarge(analysis);
    const url = new URL(`api/layers/${analysis.diffId}`, base);
    const type = { ...headers, 'content-type': LAYER_TYPE };
    await connection.ask({ method: 'PUT', url, headers: type, body }, options);
  }

  async function uploadAll(layers: readonly AppliedLayer[], options: Signal): Promise<void> {
    const places = limitTo(UPLOADS);
    await Promise.all(layers.map(({ analysis }) => places.run(() => upload(analysis, options), options)));
  }

  /** Undefined: the server has lost a layer meanwhile. */
  async function assess(body: object, options: Signal): Promise<Report | undefined> {
    const url = new URL('api/assessments', base);
    const request = {
      method: 'POST',
      url,
      headers: forReport,
      body: JSON.stringify(body),
      takes: [409],
    } as const;
    const answer = await connection.ask(request, options);
    return answer.status === 409 ? undefined : reportIn(answer.body, connection.host);
  }

  async function sendAndAssess(
    image: Image,
    analyzers: string,
    wishes: object,
    read: LayeredSubject['read'],
    options: Signal,
  ): Promise<Report> {
    const layers = image.layers.filter(({ skipped }) => skipped === undefined);
    const body = { ...assessmentOf(image, analyzers), ...wishes };
    for (let tries = 0; tries < 2; tries++) {
      const missing = await missingAmong(layers, analyzers, options);
      if (tries === 0) tellKnown(layers, missing);
      await uploadAll(await read(missing, options), options);
      const report = await assess(body, options);
      if (report) return report;
    }
    throw new DrydockError('SERVER_FAILED', `server ${connection.host} forgets layers at once`, {
      hint: 'Its store may be full, or its replicas do not share one.',
    });
  }

  return {
    async judgeImage({ image, read }, wanted, options) {
      const { fingerprint } = wanted.analyzers;
      const told = await sendAndAssess(image, fingerprint, wishesOf(wanted), read, options);
      const own = skippedLayers(image);
      const known = new Set(own.map(({ message }) => message));
      return {
        ...told,
        image,
        findings: [
          ...told.findings.filter((finding) => isWanted(finding, wanted) && !isOfConfig(finding)),
          ...(await configFindings(image, wanted)),
        ],
        diagnostics: [...own, ...told.diagnostics.filter(({ message }) => !known.has(message))],
      };
    },

    async judgeInventory(image, inventory, wanted, options) {
      const own = await unjudgedReport(image, inventory, wanted, parts);
      if (!wanted.vulnerabilities) return own;
      const layer = inventoryAsLayer(inventory);
      const carrier = carrierOf(image, layer);
      const wishes = wishesOf({ ...wanted, analyzers: undefined });
      const read = (layers: readonly Layer[]): Promise<readonly AppliedLayer[]> =>
        Promise.resolve(layers.length === 0 ? [] : [layer]);
      const told = await sendAndAssess(carrier, layer.analysis.analyzers, wishes, read, options);
      return withJudgement(own, told);
    },

    pull: async (request, options) => {
      const report = await pullRemotely(request, { connection, base, headers: forReport }, options);
      return reportIn(report, connection.host);
    },
  };
}

/** Layers that the server knows are not even fetched. */
function tellKnown(layers: readonly Layer[], missing: readonly Layer[]): void {
  const unknown = new Set(missing.map(({ diffId }) => diffId));
  for (const { diffId, digest, sizeBytes } of layers)
    if (!unknown.has(diffId)) layerDone.publish({ digest, sizeBytes, cached: true });
}

function missingIn(body: Uint8Array, host: string): ReadonlySet<string> {
  const value: unknown = parseJson(body, host);
  const missing: unknown =
    typeof value === 'object' && value !== null && 'missing' in value ? value.missing : undefined;
  if (Array.isArray(missing)) return new Set(missing.filter((item) => typeof item === 'string'));
  throw new DrydockError('SERVER_PROTOCOL', `server ${host} does not say which layers it misses`);
}

function parseJson(body: Uint8Array, host: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new DrydockError('SERVER_PROTOCOL', `server ${host} did not answer in JSON`, { cause });
  }
}

function reportIn(body: Uint8Array, host: string): Report {
  try {
    return readReport(body);
  } catch (cause) {
    if (!(cause instanceof DrydockError)) throw cause;
    throw new DrydockError('SERVER_PROTOCOL', `server ${host} gave no sound report: ${cause.message}`, {
      cause,
    });
  }
}

function tooLarge({ diffId }: LayerAnalysis): DrydockError {
  return new DrydockError('REQUEST_TOO_LARGE', `what layer ${diffId} holds is too much to send to a server`, {
    hint: 'Scan this image without --server.',
  });
}

/** The server is told no more of an image than it needs to judge it. */
function assessmentOf(image: Image, analyzers: string): object {
  return {
    name: image.name.slice(0, MAX_NAME_CHARS),
    analyzers,
    digest: image.digest,
    configDigest: image.configDigest,
    config: JSON.stringify(image.config),
    repoTags: [],
    repoDigests: [],
    layers: image.layers.map(({ digest, diffId, mediaType, sizeBytes, skipped }) => ({
      digest,
      diffId,
      mediaType: mediaType.slice(0, 256),
      sizeBytes,
      ...(skipped !== undefined && { skipped: skipped.slice(0, MAX_REASON_CHARS) }),
    })),
  };
}

const SCANNER_WORDS = { secret: 'secret', license: 'license', misconfiguration: 'misconfig' } as const;

/** In the words of the command line. */
function wishesOf(
  wanted: Omit<Wanted, 'analyzers'> & { readonly analyzers: Wanted['analyzers'] | undefined },
): object {
  const others = wanted.analyzers?.choice.scanners.map((scanner) => SCANNER_WORDS[scanner]) ?? [];
  return {
    scanners: [...(wanted.vulnerabilities ? ['vuln'] : []), ...others],
    severitySources: wanted.severitySources,
    licenseCategories: wanted.licenseCategories ?? {},
  };
}

/** A server that does not know these wishes yet tells what it is set up to tell. */
function isWanted({ kind }: Finding, { vulnerabilities, analyzers }: Wanted): boolean {
  return kind === 'vulnerability' ? vulnerabilities : analyzers.choice.scanners.includes(kind);
}

/** An image of one layer, to send what is none. */
function carrierOf(image: Image, { digest, analysis: { diffId } }: AppliedLayer): Image {
  return {
    ...image,
    kind: 'image',
    digest: diffId,
    configDigest: diffId,
    config: {
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [],
    },
    layers: [{ digest, diffId, mediaType: 'application/vnd.oci.image.layer.v1.tar', sizeBytes: 0 }],
  };
}

/** What is known here and what was found there, which is told with the packages as they are known here. */
function withJudgement(own: Report, told: Report): Report {
  const known = new Map(own.packages.map((pkg) => [packageKey(pkg), pkg]));
  const ours = (pkg: Package): Package => known.get(packageKey(pkg)) ?? withoutLayer(pkg);
  const found = told.findings.flatMap((finding) =>
    finding.kind === 'vulnerability' ? [{ ...finding, package: ours(finding.package) }] : [],
  );
  return {
    ...own,
    scannedAt: told.scannedAt,
    engine: told.engine,
    advisoryDbs: told.advisoryDbs,
    ...(told.endOfLife !== undefined && { endOfLife: told.endOfLife }),
    packages: told.packages.map(ours),
    findings: [...found, ...own.findings],
    diagnostics: [...own.diagnostics, ...told.diagnostics],
  };
}
