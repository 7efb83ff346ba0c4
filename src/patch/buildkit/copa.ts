import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { toDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference, Platform } from '../../model/image.ts';
import { isObject, parseJson } from '../../oci/json.ts';
import { formatReference } from '../../oci/reference.ts';
import { copaArguments, type BuildKitAddress, type CopaOutput } from './copa-arguments.ts';
import { copaReport, reportFileName, type CopaInput } from './copa-report.ts';
import { runProgram } from './run-program.ts';

export interface CopaOptions {
  /** The program, by name or path. */
  readonly program: string;
  readonly buildKit: BuildKitAddress;
  readonly timeoutSeconds: number;
  /** What the program sees of the environment: its path, proxies, where credentials of registries are. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where its private folder is made. */
  readonly temporaryFolder: string;
  readonly secrets?: readonly string[];
  /** Logins for this run alone, in the form of docker's configuration. */
  readonly logins?: object;
}

export interface CopaRequest {
  readonly reference: ImageReference & { readonly digest: Digest };
  /** What the digest is of: several images, or one alone, which the engine takes to be of its own platform. */
  readonly kind: 'index' | 'image';
  readonly platforms: readonly CopaInput[];
  readonly output: CopaOutput;
  readonly ignoreErrors?: boolean;
}

export interface CopaResult {
  /** The engine does the same whether it patched or found nothing to do: only its document tells. */
  readonly isPatched: boolean;
  /** Ids that it says it fixed; believed only after a scan. */
  readonly claimed: readonly string[];
  readonly log: string;
}

const MAX_VEX_BYTES = 32 << 20;
const MAX_SHOWN_LOG = 2000;

/**
 * Patches an image with `copa`, which needs a BuildKit. For what the embedded engine cannot do.
 *
 * @throws DrydockError ENGINE_UNAVAILABLE, ENGINE_FAILED, TIMED_OUT, REGISTRY_DENIED, PATCH_UNSUPPORTED
 */
export async function patchWithCopa(
  request: CopaRequest,
  options: CopaOptions,
  { signal }: Signal,
): Promise<CopaResult> {
  const folder = await mkdtemp(join(options.temporaryFolder, 'drydock-copa-'));
  try {
    const [work, vex] = [join(folder, 'work'), join(folder, 'vex.json')];
    await mkdir(work, { mode: 0o700 });
    const report = await writeReports(request, folder);
    const { registry, repository, digest } = request.reference;
    const args = copaArguments({
      image: formatReference({ registry, repository, digest }),
      report,
      vex,
      output: request.output,
      buildKit: options.buildKit,
      timeoutSeconds: options.timeoutSeconds,
      workingFolder: work,
      ignoreErrors: request.ignoreErrors ?? false,
    });
    const end = await runProgram(options.program, args, {
      signal,
      folder,
      environment: await withLogins(await withReader(options.environment, folder), options, folder),
      // Its own time-out comes first, as it cleans up then.
      timeoutMs: (options.timeoutSeconds + 30) * 1000,
      ...(options.secrets && { secrets: options.secrets }),
    });
    if (end.code !== 0) throw failure(end.code, end.log, request.reference);
    const claimed = await claimedIn(vex);
    return { isPatched: claimed !== undefined, claimed: claimed ?? [], log: end.log };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeReports({ kind, platforms }: CopaRequest, folder: string): Promise<string> {
  const reports = join(folder, 'reports');
  await mkdir(reports, { mode: 0o700 });
  const paths = platforms.map(({ platform }) => join(reports, reportFileName(platform)));
  for (const [index, input] of platforms.entries())
    await writeFile(paths[index] ?? '', JSON.stringify(copaReport(input)), { mode: 0o600 });
  // A single file is read for the platform that the engine itself runs on.
  const [only, ...others] = platforms;
  const isOwn = kind === 'image' && only !== undefined && others.length === 0 && isOwnPlatform(only.platform);
  return isOwn ? (paths[0] ?? reports) : reports;
}

/** Names of architectures in images, by what this program's runtime calls them. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
]);

export function isOwnPlatform({ os, architecture }: Platform): boolean {
  return os === 'linux' && architecture === (ARCHITECTURES.get(process.arch) ?? process.arch);
}

/**
 * Versions that do not read their own form by themselves run `copa-<scanner>` for it, which only has to print what it is
 * given.
 */
async function withReader(
  environment: CopaOptions['environment'],
  folder: string,
): Promise<Record<string, string>> {
  const programs = join(folder, 'bin');
  await mkdir(programs, { mode: 0o700 });
  await writeFile(join(programs, 'copa-native'), '#!/bin/sh\nexec cat -- "$1"\n', { mode: 0o700 });
  const path = [programs, environment['PATH'] ?? ''].filter((part) => part !== '');
  return { ...environment, PATH: path.join(delimiter) };
}

async function withLogins(
  environment: Record<string, string>,
  { logins }: CopaOptions,
  folder: string,
): Promise<Record<string, string>> {
  if (!logins) return environment;
  const place = join(folder, 'docker');
  await mkdir(place, { mode: 0o700 });
  await writeFile(join(place, 'config.json'), JSON.stringify(logins), { mode: 0o600 });
  return { ...environment, DOCKER_CONFIG: place };
}

const UNAVAILABLE =
  /failed to dial|could not determine buildkit|no such host|connection refused|connect: no such file|cannot connect to the docker daemon|missing required buildkit functionality|failed to list workers/i;
const DENIED =
  /\b40[13]\b.{0,40}(?:unauthorized|forbidden)|unauthorized: |denied: |insufficient_scope|pull access denied/i;
const LATE = /context deadline exceeded|exceeded timeout/i;
/** Where registries are asked is in the same words as where BuildKit is. */
const ABOUT_REGISTRY = /\/v2\//;

function failure(code: number, log: string, { registry }: ImageReference): DrydockError {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const told = lines.slice(-20).join('\n').slice(-MAX_SHOWN_LOG);
  const message = (what: string): string => `${what}: ${lastError(lines)}`;
  const cause = new Error(told);
  if (lines.some((line) => DENIED.test(line))) {
    return new DrydockError('REGISTRY_DENIED', message(`registry ${registry} refuses the copa engine`), {
      hint: `Log in with "docker login ${registry}" where copa runs; pushing needs rights to push.`,
      cause,
    });
  }
  if (lines.some((line) => LATE.test(line)))
    return new DrydockError('TIMED_OUT', message('copa ran out of time'), { cause });
  if (lines.some((line) => UNAVAILABLE.test(line) && !ABOUT_REGISTRY.test(line))) {
    return new DrydockError('ENGINE_UNAVAILABLE', message('copa finds no BuildKit'), {
      hint: 'Start a BuildKit (docker run --privileged moby/buildkit) and give its address, or use the embedded engine.',
      cause,
    });
  }
  return new DrydockError('ENGINE_FAILED', message(`copa ended with exit code ${code}`), { cause });
}

function lastError(lines: readonly string[]): string {
  const line =
    lines.findLast((one) => /^error:|level=error|\berror\b/i.test(one)) ?? lines.at(-1) ?? 'it said nothing';
  return line.trim().replace(/\s+/g, ' ').slice(0, 300);
}

/** What the engine's own document says it fixed; undefined where it wrote none, as when nothing was to do. */
async function claimedIn(path: string): Promise<string[] | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile()) return undefined;
  const of = 'the VEX document of copa';
  if (status.size > MAX_VEX_BYTES) throw new DrydockError('ENGINE_FAILED', `${of} is too large`);
  const document = parseJson(await readFile(path), { code: 'ENGINE_FAILED', of });
  const statements =
    isObject(document) && Array.isArray(document['statements']) ? (document['statements'] as unknown[]) : [];
  return [...new Set(statements.flatMap(claimOf))].sort();
}

function claimOf(statement: unknown): string[] {
  if (!isObject(statement) || statement['status'] !== 'fixed') return [];
  const vulnerability = statement['vulnerability'];
  const id = isObject(vulnerability) ? (vulnerability['@id'] ?? vulnerability['name']) : vulnerability;
  return typeof id === 'string' && id.length <= 200 && toDigest(id) === undefined ? [id] : [];
}
