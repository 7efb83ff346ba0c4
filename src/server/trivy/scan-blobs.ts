import { createHash } from 'node:crypto';
import { sha256Of } from '../../base/digest.ts';
import { limitTo } from '../../base/limit.ts';
import { openLicenseJudge, type LicenseCategories } from '../../analysis/licenses/categories.ts';
import { findDistro } from '../../ecosystems/distros.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { LicenseCategory } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { packageUrlOf } from '../../reports/package-identity.ts';
import { mergeBlobs } from '../../trivy/merge-blobs.ts';
import type { BlobInfo } from '../../trivy/messages/cache.ts';
import { OSSchema } from '../../trivy/messages/common.ts';
import {
  ScanOptionsSchema,
  ScanRequestSchema,
  ScanResponseSchema,
  type ScanOptions,
  type ScanRequest,
  type ScanResponse,
} from '../../trivy/messages/scanner.ts';
import type { LicenseJudge } from '../../trivy/other-results.ts';
import { toResults } from '../../trivy/report-to-results.ts';
import { toScanSubject, type ScanSubject } from '../../trivy/scan-subject.ts';
import { blobFromJson } from '../../trivy/stored-value.ts';
import { newMessage, readMessage, writeMessage, type WireForm } from '../../trivy/wire.ts';
import { openAnswerCache, type AnswerCache, type KnownAnswer } from './answer-cache.ts';
import type { Answer } from './answers.ts';
import type { TrivyDoorParts } from './parts.ts';
import { TwirpError } from './twirp-error.ts';

/** A Scan as it came in. */
export interface ScanBody {
  readonly bytes: Uint8Array;
  readonly form: WireForm;
  /** Of a client before 0.54. */
  readonly isOldClient: boolean;
}

/** Answers Scans, equal ones once. */
export interface BlobScans {
  scan(body: ScanBody): Promise<Answer>;
  readonly answers: Pick<AnswerCache, 'changed'>;
}

const MAX_BLOBS = 10_000;
/** Blobs of one Scan that are fetched at one time. */
const FETCHES = 16;
/** An answer depends on the day, as systems reach the end of their lives. */
const MAX_AGE_MS = 3_600_000;

export function openBlobScans(parts: TrivyDoorParts): BlobScans {
  const now = parts.now ?? Date.now;
  const trustMs = (parts.trustSeconds ?? 10) * 1_000;
  const answers = openAnswerCache(parts.answerCacheBytes ?? 128 * 1024 * 1024);
  const flights = new Map<string, Promise<Answer>>();
  const places = openPlaces(parts.scansAtOnce ?? 4, parts.scansWaiting ?? 256);

  async function fresh(key: string, body: ScanBody): Promise<Answer> {
    const known = answers.get(key);
    if (known && (await isUnchanged(known))) {
      known.verifiedAt = now();
      return known.answer;
    }
    answers.forget(key);
    const startedAt = now();
    const { answer, blobs } = await places(() => answerScan(body, parts));
    answers.set(key, { answer, blobs, verifiedAt: startedAt, madeAt: startedAt });
    return answer;
  }

  async function isUnchanged({ blobs, madeAt }: KnownAnswer): Promise<boolean> {
    if (now() - madeAt > MAX_AGE_MS) return false;
    for (const [id, digest] of blobs) {
      const bytes = await parts.blobs.getBlob(id);
      if (!bytes || sha256Of(bytes) !== digest) return false;
    }
    return true;
  }

  return {
    async scan(body) {
      const identity = await parts.databaseIdentity();
      const key = keyOf(body, identity);
      const known = answers.get(key);
      if (known && now() - known.verifiedAt < trustMs && now() - known.madeAt < MAX_AGE_MS)
        return known.answer;
      const under = flights.get(key);
      if (under) return under;
      const flight = fresh(key, body).finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
      flights.set(key, flight);
      return flight;
    },
    answers: {
      changed(blobId, digest) {
        // Whoever put it must not be told what somebody else began to find out before.
        flights.clear();
        answers.changed(blobId, digest);
      },
    },
  };
}

function keyOf({ bytes, form, isOldClient }: ScanBody, identity: string): string {
  return createHash('sha256').update(`${form} ${isOldClient} ${identity}\n`).update(bytes).digest('base64');
}

/** Turns away whom it would be long before there is a place for: a client tries again later. */
function openPlaces(atOnce: number, waitingMax: number): <T>(task: () => Promise<T>) => Promise<T> {
  const places = limitTo(atOnce);
  const signal = new AbortController().signal;
  let inside = 0;
  return async (task) => {
    if (inside >= atOnce + waitingMax) throw new TwirpError('unavailable', 'too many scans are waiting');
    inside++;
    try {
      return await places.run(task, { signal });
    } finally {
      inside--;
    }
  };
}

async function answerScan(
  { bytes, form, isOldClient }: ScanBody,
  parts: TrivyDoorParts,
): Promise<Pick<KnownAnswer, 'answer' | 'blobs'>> {
  const request = readMessage(ScanRequestSchema, bytes, form);
  if (request.blobIds.length > MAX_BLOBS) throw new TwirpError('invalid_argument', 'too many blob_ids');
  const { blobs, digests } = await loadBlobs(request.blobIds, parts);
  const response = await scanBlobs(request, blobs, isOldClient, parts);
  const encoded = writeMessage(ScanResponseSchema, response, form);
  const answer = { bytes: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength) };
  return { answer, blobs: digests };
}

/** In the order in which they were asked for, with digests by id. */
async function loadBlobs(
  ids: readonly string[],
  { blobs: store }: TrivyDoorParts,
): Promise<{ blobs: BlobInfo[]; digests: Map<string, string> }> {
  const found = new Map<string, BlobInfo>();
  const digests = new Map<string, string>();
  const waiting = [...new Set(ids)];
  await Promise.all(
    Array.from({ length: Math.min(FETCHES, waiting.length) }, async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const bytes = await store.getBlob(id);
        const blob = bytes && blobFromJson(bytes);
        // Another replica may have it in a moment, and this is the one code upon which clients try again.
        if (!bytes || !blob || blob.schemaVersion === 0)
          throw new TwirpError('unavailable', `layer cache missing: ${id.slice(0, 200)}`);
        found.set(id, blob);
        digests.set(id, sha256Of(bytes));
      }
    }),
  );
  return { blobs: ids.flatMap((id) => found.get(id) ?? []), digests };
}

async function scanBlobs(
  { target, options: given }: ScanRequest,
  blobs: readonly BlobInfo[],
  isOldClient: boolean,
  parts: TrivyDoorParts,
): Promise<ScanResponse> {
  const options = given ?? newMessage(ScanOptionsSchema);
  const merged = mergeBlobs(blobs);
  const subject = toScanSubject(merged, options);
  const isLookingForVulnerabilities = options.scanners.includes('vuln');
  const severitySources = options.vulnSeveritySources.length > 0 ? options.vulnSeveritySources : ['auto'];
  const { findings, endOfLife } = isLookingForVulnerabilities
    ? await parts.assess(imageOf(target), inventoryOf(subject, options), {
        vulnerabilities: true,
        severitySources,
      })
    : { findings: [], endOfLife: false };
  const results = toResults(subject, merged, {
    target,
    options,
    isOldClient: isOldClient && options.pkgRelationships.length + options.vulnSeveritySources.length === 0,
    findings: findings.filter((finding) => finding.kind === 'vulnerability'),
    judgeLicense: licenseJudgeFor(options, isOldClient),
    packageUrl: packageUrlOf,
    // There is a list of its releases, but nobody wrote advisories for it.
    isJudged: (family) => family === 'coreos' || findDistro(family) !== undefined,
  });
  const os = subject.os && newMessage(OSSchema, { ...subject.os, eosl: endOfLife ?? false });
  return newMessage(ScanResponseSchema, { ...(os && { os }), results, layers: [...merged.layers] });
}

function inventoryOf({ system, packages, applications }: ScanSubject, { pkgTypes }: ScanOptions): Inventory {
  const models = (subjects: ScanSubject['packages']) => subjects.flatMap(({ model }) => model ?? []);
  return {
    schema: 1,
    ...(system && { os: system }),
    layerSizes: {},
    packages: [
      ...(pkgTypes.includes('os') ? models(packages) : []),
      ...(pkgTypes.includes('library') ? applications.flatMap(({ subjects }) => models(subjects)) : []),
    ],
    findings: [],
    diagnostics: [],
  };
}

/** Of an image that only its client has seen, nothing but the name is known. */
function imageOf(name: string): Image {
  const digest = sha256Of(name);
  return {
    name,
    kind: 'image',
    digest,
    configDigest: digest,
    platform: { os: '', architecture: '' },
    config: { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] }, history: [] },
    layers: [],
    repoTags: [],
    repoDigests: [],
  };
}

const CATEGORIES: readonly LicenseCategory[] = [
  ...(['forbidden', 'restricted', 'reciprocal', 'notice', 'permissive', 'unencumbered'] as const),
];

/** Clients send all their categories; old ones expect names to be compared as they are. */
function licenseJudgeFor({ licenseCategories }: ScanOptions, isOldClient: boolean): LicenseJudge {
  if (Object.keys(licenseCategories).length === 0) return openLicenseJudge();
  const categories = Object.fromEntries(
    CATEGORIES.map((category) => [category, licenseCategories[category]?.names ?? []]),
  ) as LicenseCategories;
  const judge = openLicenseJudge(categories);
  if (!isOldClient) return judge;
  const named = new Set(Object.values(categories).flat());
  return (name) => (named.has(name) ? judge(name) : { category: 'unknown', severity: 'UNKNOWN' });
}
