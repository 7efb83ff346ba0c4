import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
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
}

export interface CopaRequest {
  readonly reference: ImageReference & { readonly digest: Digest };
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
    const [reports, work, vex] = [join(folder, 'reports'), join(folder, 'work'), join(folder, 'vex.json')];
    await Promise.all([mkdir(reports, { mode: 0o700 }), mkdir(work, { mode: 0o700 })]);
    for (const input of request.platforms) {
      await writeFile(join(reports, reportFileName(input.platform)), JSON.stringify(copaReport(input)), {
        mode: 0o600,
      });
    }
    const { registry, repository, digest } = request.reference;
    const args = copaArguments({
      image: formatReference({ registry, repository, digest }),
      reports,
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
      environment: options.environment,
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
