import { parseGlob } from '../../base/glob.ts';
import type { MisconfigurationFinding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { openFrame, type ReportFrame } from './report-frame.ts';
import { severityWord } from './vulnerability-item.ts';

/** Checks by the names that an asker knows them by. */
export const FILESYSTEM_CHECKS = [
  'setuid',
  'setgid',
  'world-writable',
  'forbidden-path',
  'missing-path',
  'root-user',
  'private-key-perm',
] as const;
export type FilesystemCheck = (typeof FILESYSTEM_CHECKS)[number];

/** All rules, also those that are part of none of the checks. */
export const ALL_CHECKS = 'all';

/** What an asker wants of the file system. */
export interface FilesystemWish {
  /** Names of checks, ids of rules, or {@link ALL_CHECKS}. */
  readonly checks: readonly string[];
  /** Patterns; only what lies at such paths is told. None: everything. */
  readonly paths: readonly string[];
  /** Patterns of what must not be there, and of what must. */
  readonly forbid: readonly string[];
  readonly require: readonly string[];
}

const CHECK_OF_RULE: ReadonlyMap<string, FilesystemCheck> = new Map([
  ['DD-FS-0001', 'setuid'],
  ['DD-FS-0002', 'setuid'],
  ['DD-FS-0003', 'setgid'],
  ['DD-FS-0004', 'setgid'],
  ['DD-FS-0005', 'world-writable'],
  ['DD-FS-0006', 'world-writable'],
  ['DD-IMG-0001', 'root-user'],
]);
const PRIVATE_KEY = 'DD-FS-0010';
const GROUP_AND_OTHERS = 0o077;
const WATCHED = 'path:';

interface Told {
  readonly id: string;
  readonly check: string;
  readonly finding?: MisconfigurationFinding;
  readonly path?: string;
  readonly severity: string;
  readonly message: string;
}

/**
 * What speaks against the file system and the user of an image, in pieces of JSON. What was forbidden or required must
 * have been watched for when the report was made.
 */
export function* filesystemReport(
  report: Report,
  frame: ReportFrame,
  wish: FilesystemWish,
): Generator<string> {
  const findings = chosen(report, wish);
  const incomplete = limitsOf(report, wish);
  yield openFrame(frame);
  if (incomplete.length > 0) yield `,"vendor_attributes":${JSON.stringify({ incomplete })}`;
  yield `,"passed":${findings.length + incomplete.length === 0},"findings":[`;
  for (const [index, told] of findings.entries())
    yield `${index > 0 ? ',' : ''}${JSON.stringify(toWire(told))}`;
  yield ']}';
}

function toWire({ id, check, finding, path, severity, message }: Told): object {
  const { entry, layer } = finding ?? {};
  return {
    id,
    check,
    path,
    severity,
    mode: entry?.mode.toString(8).padStart(4, '0'),
    uid: entry?.uid,
    gid: entry?.gid,
    layer: layer && { digest: layer.digest, diff_id: layer.diffId },
    message,
  };
}

type IsWanted = (told: Pick<Told, 'id' | 'check'>) => boolean;

function wantedBy({ checks: named }: FilesystemWish): IsWanted {
  const checks = new Set<string>(named.length > 0 ? named : FILESYSTEM_CHECKS);
  return ({ id, check }) => checks.has(ALL_CHECKS) || checks.has(check) || checks.has(id);
}

/** What fits so much that not all of it was told: nobody can say then that there is nothing. */
function limitsOf({ diagnostics }: Report, wish: FilesystemWish): string[] {
  const isWanted = wantedBy(wish);
  const told = diagnostics.flatMap(({ code, message }) => {
    const [, id = ''] = (code === 'MISCONFIGURATIONS_LIMIT' && /^(.+) fits more than /.exec(message)) || [];
    if (id === '') return [];
    if (!id.startsWith(WATCHED)) return isWanted({ id, check: checkOfRule(id) }) ? [message] : [];
    const isForbidden = wish.forbid.includes(id.slice(WATCHED.length));
    return isForbidden && isWanted({ id: 'forbidden-path', check: 'forbidden-path' }) ? [message] : [];
  });
  return [...new Set(told)];
}

function checkOfRule(id: string): string {
  return id === PRIVATE_KEY ? 'private-key-perm' : (CHECK_OF_RULE.get(id) ?? 'other');
}

function chosen(report: Report, wish: FilesystemWish): Told[] {
  const found = report.findings.filter((finding) => finding.kind === 'misconfiguration');
  const isWanted = wantedBy(wish);
  const globs = wish.paths.flatMap((pattern) => parseGlob(pattern) ?? []);
  const isThere = ({ path }: Told): boolean =>
    globs.length === 0 || path === undefined || globs.some((fits) => fits(path));
  const told = [
    ...found.flatMap((finding) => toTold(finding)),
    ...found.flatMap((finding) => (isWatched(finding, wish.forbid) ? [forbidden(finding)] : [])),
  ];
  // What has to be there is not found at any path.
  const missing = wish.require.filter((pattern) => !found.some((finding) => isWatched(finding, [pattern])));
  return [...told.filter(isThere), ...missing.map(missingAt)].filter(isWanted);
}

function toTold(finding: MisconfigurationFinding): Told[] {
  const { ruleId, path, severity, message } = finding;
  if (ruleId.startsWith(WATCHED)) return [];
  const told = { id: ruleId, finding, severity: severityWord(severity), message };
  return [{ ...told, check: checkOf(finding), ...(path !== undefined && { path }) }];
}

function checkOf({ ruleId, entry }: MisconfigurationFinding): string {
  const isOpenKey = ruleId === PRIVATE_KEY && entry && (entry.mode & GROUP_AND_OTHERS) !== 0;
  return isOpenKey ? 'private-key-perm' : (CHECK_OF_RULE.get(ruleId) ?? 'other');
}

function isWatched({ ruleId }: MisconfigurationFinding, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => ruleId === `${WATCHED}${pattern}`);
}

function forbidden(finding: MisconfigurationFinding): Told {
  const { path = '', ruleId } = finding;
  const message = `${path} is there, which ${ruleId.slice(WATCHED.length)} forbids`;
  return { id: 'forbidden-path', check: 'forbidden-path', finding, path, severity: 'High', message };
}

function missingAt(pattern: string): Told {
  const message = `nothing is at ${pattern}`;
  return { id: 'missing-path', check: 'missing-path', path: pattern, severity: 'Medium', message };
}
