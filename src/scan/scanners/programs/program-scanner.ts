import { randomUUID } from 'node:crypto';
import { limitTo } from '../../../base/limit.ts';
import type { Signal } from '../../../base/signal.ts';
import type { ProgramScan, ProgramTarget, ScannerTimeouts } from '../../../model/scanner-registration.ts';
import type { AdapterMetadata } from '../adapter/metadata.ts';
import { billMediaType, CYCLONEDX, reportKind, SBOM_10, SPDX, VULNERABILITY_11 } from '../report-types.ts';
import {
  ScannerFailure,
  type Scanner,
  type ScannerIdentity,
  type ScanTask,
  type TaskLook,
} from '../scanner.ts';
import { billOf, readOutput } from './outputs/read-output.ts';
import { hostForPrograms, type ProgramImage } from './program-arguments.ts';
import { readVersion } from './program-version.ts';
import { runScan, runVersion, type ProgramPlace } from './run-scan.ts';

export interface ProgramScannerParts {
  readonly id: string;
  /** Of its registration. */
  readonly name: string;
  readonly target: ProgramTarget;
  readonly place: ProgramPlace;
  readonly timeouts: Pick<ScannerTimeouts, 'scanSeconds'>;
  /** Runs at one time in this process. */
  readonly maxInFlight: number;
  readonly now?: () => number;
}

/** A program as a scanner: it is run when its task is looked at. */
export interface ProgramScanner extends Scanner {
  metadata(options: Signal): Promise<AdapterMetadata>;
}

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** A new version or database is seen no later. */
const IDENTITY_MS = 60_000;

export function openProgramScanner(parts: ProgramScannerParts): ProgramScanner {
  const { id, name, target, place, timeouts, now = Date.now } = parts;
  const places = limitTo(parts.maxInFlight);
  let known: { readonly identity: ScannerIdentity; readonly until: number } | undefined;

  async function identity(options: Signal): Promise<ScannerIdentity> {
    if (known && now() < known.until) return known.identity;
    const vendor = target.vendor ?? 'unknown';
    const text = target.versionArguments.length > 0 ? await runVersion(parts, place, options) : '';
    const found = readVersion(text, name, vendor);
    known = { identity: found, until: now() + IDENTITY_MS };
    return found;
  }

  return {
    id,
    identity,
    metadata: async (options) => metadataOf(target, await identity(options)),
    begin: (task) =>
      new Promise((resolve) => {
        scanFor(task, target, name);
        resolve(randomUUID());
      }),
    async look(_handle, task, options): Promise<TaskLook> {
      const scan = scanFor(task, target, name);
      const scanner = await identity(options);
      const bytes = await places.run(
        () =>
          runScan(
            {
              name,
              target,
              scan,
              image: imageOf(task),
              credential: task.credential,
              plainHttp: task.registryUrl.startsWith('http:'),
              timeoutMs: timeouts.scanSeconds * 1000,
            },
            place,
            options,
          ),
        options,
      );
      return readOutput(bytes, scan.output, { task, scanner, name });
    },
  };
}

/** What can be asked of it, as an adapter would say it. */
export function metadataOf(target: ProgramTarget, identity: ScannerIdentity): AdapterMetadata {
  const types = [...new Set(target.scans.map(({ type }) => type))];
  return {
    identity,
    properties: {},
    capabilities: types.map((type) => ({
      type,
      consumes: MANIFESTS,
      produces: [type === 'sbom' ? SBOM_10 : VULNERABILITY_11],
      billMediaTypes: type === 'sbom' ? billsOf(target) : [],
    })),
  };
}

function billsOf({ scans }: ProgramTarget): string[] {
  return scans.flatMap(({ type, output }) =>
    type === 'sbom' ? [billOf(output) ?? [SPDX, CYCLONEDX]].flat() : [],
  );
}

/** @throws ScannerFailure UNKNOWN_MIME_TYPE, INVALID_PARAMETER */
export function scanFor(
  { mediaType, parameters }: Pick<ScanTask, 'mediaType' | 'parameters'>,
  { scans }: ProgramTarget,
  name: string,
): ProgramScan {
  const kind = reportKind(mediaType);
  const fitting = scans.filter(({ type }) => type === kind);
  if (fitting.length === 0)
    throw new ScannerFailure('UNKNOWN_MIME_TYPE', `scanner ${name} makes no report of that type`);
  const bill = billMediaType(parameters);
  const found =
    kind === 'sbom' ? fitting.find(({ output }) => (billOf(output) ?? bill) === bill) : fitting[0];
  if (found) return found;
  throw new ScannerFailure('INVALID_PARAMETER', `scanner ${name} writes no bill of materials as ${bill}`);
}

function imageOf({ registryUrl, repository, digest }: ScanTask): ProgramImage {
  const host = URL.canParse(registryUrl) ? new URL(registryUrl).host : '';
  return { kind: 'registry', host: hostForPrograms(host), repository, digest };
}
