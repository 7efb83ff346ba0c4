import type { Signal } from '../../../base/signal.ts';
import type { ScannerTimeouts } from '../../../model/scanner-registration.ts';
import type { RegistryCredential } from '../../../oci/credentials/credential.ts';
import { attempts, REPORT_WAITS, SUBMIT_WAITS, type Waits } from '../attempts.ts';
import { authorizationOf, secretsOf } from '../registry-login.ts';
import { billMediaType, reportKind } from '../report-types.ts';
import { ScannerFailure, type Scanner, type ScanTask, type TaskLook } from '../scanner.ts';
import type { AdapterAnswer, AdapterConnection } from './connection.ts';
import { parseAnswer } from '../answer-json.ts';
import {
  MAX_METADATA_BYTES,
  offerFor,
  parseMetadata,
  wantsBearer,
  type AdapterMetadata,
  type Offer,
} from './metadata.ts';
import { pollSeconds } from './poll.ts';
import { readReport } from './read-report.ts';
import { BadStatus, leastWaitMs, toFailure, type Step } from './refusals.ts';

export interface HarborScannerParts {
  readonly id: string;
  /** Of its registration. */
  readonly name: string;
  readonly connection: AdapterConnection;
  readonly timeouts: Pick<ScannerTimeouts, 'submitSeconds' | 'reportSeconds'>;
  /** What it says of itself, which its owner remembers. */
  readonly metadata: (options: Signal) => Promise<AdapterMetadata>;
  /** Buys a token of a registry, for scanners that take nothing else. */
  readonly tokenFor?: (task: ScanTask, options: Signal) => Promise<RegistryCredential | undefined>;
  /** Of its own login; must not be seen in what it says. */
  readonly secrets?: readonly string[];
  /** For tests. */
  readonly submitWaits?: Waits;
  readonly reportWaits?: Waits;
}

// Always the oldest versions: some scanners refuse newer ones, and none needs them.
const METADATA_TYPE = 'application/vnd.scanner.adapter.metadata+json; version=1.0';
const REQUEST_TYPE = 'application/vnd.scanner.adapter.scan.request+json; version=1.0';
const RESPONSE_TYPE = 'application/vnd.scanner.adapter.scan.response+json; version=1.0';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const METADATA_TIMEOUT_MS = 5000;
const MAX_RESPONSE_BYTES = 1 << 20;
const MAX_REPORT_BYTES = 256 << 20;
const MAX_ID_CHARS = 2000;

/** @throws ScannerFailure BACKEND_UNAVAILABLE, BACKEND_PROTOCOL; the signal's reason */
export async function fetchMetadata(
  connection: AdapterConnection,
  name: string,
  options: Signal,
): Promise<AdapterMetadata> {
  try {
    const answer = await connection.ask(
      {
        method: 'GET',
        path: ['metadata'],
        headers: { accept: METADATA_TYPE },
        timeoutMs: METADATA_TIMEOUT_MS,
        maxBytes: MAX_METADATA_BYTES,
      },
      options,
    );
    if (answer.status !== 200) throw new BadStatus(answer);
    return parseMetadata(answer.body);
  } catch (error) {
    throw toFailure(error, { name, step: 'metadata' });
  }
}

/**
 * A scanner that speaks Harbor's pluggable scanner API, of whichever version and however loosely.
 *
 * @see https://github.com/goharbor/pluggable-scanner-spec
 */
export function openHarborScanner(parts: HarborScannerParts): Scanner {
  const { id, name, connection, timeouts } = parts;
  const failure = (error: unknown, step: Step, task: ScanTask): unknown =>
    toFailure(error, { name, step, secrets: [...(parts.secrets ?? []), ...secretsOf(task.credential)] });

  async function submit(offer: Offer, body: string, options: Signal): Promise<string> {
    const answer = await connection.ask(
      {
        method: 'POST',
        path: ['scan'],
        headers: { 'content-type': REQUEST_TYPE, accept: RESPONSE_TYPE },
        body,
        timeoutMs: timeouts.submitSeconds * 1000,
        maxBytes: MAX_RESPONSE_BYTES,
      },
      options,
    );
    if (answer.status < 200 || answer.status > 202) throw new BadStatus(answer);
    return writeHandle({ id: idIn(answer, name), accept: offer.accept });
  }

  async function fetchReport(handle: Handle, task: ScanTask, options: Signal): Promise<AdapterAnswer> {
    const isBill = reportKind(task.mediaType) === 'sbom';
    const answer = await connection.ask(
      {
        method: 'GET',
        path: ['scan', handle.id, 'report'],
        ...(isBill && { query: { sbom_media_type: billMediaType(task.parameters) } }),
        headers: { accept: handle.accept },
        timeoutMs: timeouts.reportSeconds * 1000,
        maxBytes: MAX_REPORT_BYTES,
      },
      options,
    );
    if (isWaiting(answer) || (answer.status === 200 && answer.body.length > 0)) return answer;
    throw new BadStatus(answer);
  }

  return {
    id,
    async identity(options) {
      return (await parts.metadata(options)).identity;
    },
    async begin(task, options) {
      const metadata = await parts.metadata(options);
      const offer = offerFor(metadata, task.mediaType);
      if (!offer)
        throw new ScannerFailure('UNKNOWN_MIME_TYPE', `scanner ${name} makes no report of that type`);
      const credential = await credentialFor(parts, metadata, task, options);
      const body = JSON.stringify(requestFor(task, offer, credential));
      try {
        const waits = parts.submitWaits ?? SUBMIT_WAITS;
        return await attempts(() => submit(offer, body, options), waits, leastWaitMs, options);
      } catch (error) {
        throw failure(error, 'submit', task);
      }
    },
    async look(text, task, options): Promise<TaskLook> {
      const handle = readHandle(text);
      if (!handle) throw forgotten(name);
      try {
        const waits = parts.reportWaits ?? REPORT_WAITS;
        const answer = await attempts(() => fetchReport(handle, task, options), waits, leastWaitMs, options);
        if (isWaiting(answer))
          return { state: 'waiting', phase: 'running', afterSeconds: pollSeconds(answer.headers) };
        const scanner = await parts
          .metadata(options)
          .then((metadata) => metadata.identity)
          .catch(() => ({ name, vendor: 'unknown', version: 'unknown' }));
        return readReport(answer.body, { task, scanner, name, bill: billMediaType(task.parameters) });
      } catch (error) {
        throw failure(error, 'report', task);
      }
    },
  };
}

/** 302 is the protocol's word for it; the others are what some scanners say instead. */
function isWaiting({ status }: AdapterAnswer): boolean {
  return status === 302 || status === 303 || status === 307 || status === 202;
}

interface Handle {
  readonly id: string;
  readonly accept: string;
}

function writeHandle(handle: Handle): string {
  return JSON.stringify([handle.id, handle.accept]);
}

function readHandle(text: string): Handle | undefined {
  try {
    const [id, accept] = JSON.parse(text) as unknown[];
    return typeof id === 'string' && typeof accept === 'string' ? { id, accept } : undefined;
  } catch {
    return undefined; // of another kind of scanner, which the registration was for once
  }
}

function idIn({ body }: AdapterAnswer, name: string): string {
  const value = parseAnswer(body)?.['id'];
  const id = typeof value === 'number' ? String(value) : value;
  // Two names that an address cannot hold in the middle of its path.
  const isUsable = typeof id === 'string' && id !== '' && id !== '.' && id !== '..';
  if (isUsable && id.length <= MAX_ID_CHARS) return id;
  throw new ScannerFailure('BACKEND_PROTOCOL', `scanner ${name} accepted the scan without an id`);
}

function requestFor(
  task: ScanTask,
  { capability, accept }: Offer,
  credential: RegistryCredential | undefined,
): unknown {
  const isBill = reportKind(task.mediaType) === 'sbom';
  return {
    registry: {
      url: task.registryUrl,
      authorization: credential ? authorizationOf(credential) : '',
      insecure: task.registryUrl.startsWith('http:'),
    },
    artifact: {
      repository: task.repository,
      digest: task.digest,
      tag: task.tag ?? '',
      mime_type: task.manifestType ?? OCI_MANIFEST,
    },
    enabled_capabilities: [
      {
        type: capability.type,
        produces_mime_types: [accept],
        parameters: isBill ? { sbom_media_types: [billMediaType(task.parameters)] } : null,
      },
    ],
  };
}

async function credentialFor(
  { tokenFor, name }: HarborScannerParts,
  metadata: AdapterMetadata,
  task: ScanTask,
  options: Signal,
): Promise<RegistryCredential | undefined> {
  const { credential } = task;
  if (!wantsBearer(metadata) || !tokenFor || credential?.kind === 'registry-token') return credential;
  try {
    return (await tokenFor(task, options)) ?? credential;
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new ScannerFailure('REGISTRY_AUTH', `the registry gives no token for scanner ${name}`, { cause });
  }
}

function forgotten(name: string): ScannerFailure {
  return new ScannerFailure('SCAN_FAILED', `scanner ${name} does not know the scan any more`, {
    isForgotten: true,
    retryable: true,
  });
}
