import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { PackageRisk, PackageUpdate, PatchOutcome } from '../../model/patch.ts';
import type { RootView } from '../root/root-view.ts';
import { invalidArchive } from './archive/archive-error.ts';
import { openPackage, type PackageLimits } from './archive/open-package.ts';
import { readDatabase, type Database, type InstalledPackage } from './database/installed.ts';
import { fieldOf } from './database/paragraph.ts';
import {
  FILES_TO_CHECK,
  judgeSource,
  type Judgement,
  type Judging,
  type ScriptPolicy,
} from './judge-source.ts';
import { strandedUpgrades } from './stranded.ts';
import { digestsFor } from './unpack/digests-for.ts';
import { ownersOf, type Upgrade } from './unpack/unpacking.ts';

export interface JudgeOptions extends Signal {
  /** The verified archive of an update. */
  readonly fetch: (update: PackageUpdate) => Promise<Uint8Array>;
  /** `catalogued` (the default): scripts must be known. `equal`: unknown ones may pass where they did not change. */
  readonly scripts?: ScriptPolicy;
  readonly limits?: PackageLimits;
}

type Refusal = PatchOutcome['refused'][number];

interface Opened {
  readonly upgrade: Upgrade;
  readonly update: PackageUpdate;
}

export interface JudgedUpdates {
  readonly accepted: readonly Opened[];
  readonly refused: readonly Refusal[];
  readonly risks: readonly PackageRisk[];
  readonly notes: readonly string[];
  readonly state: Pick<Judging, 'root' | 'database' | 'digests'>;
}

/** Archives that are fetched ahead of the one that is unpacked. */
const FETCHES_AHEAD = 4;

/**
 * Fetches packages and says of each source whether it can be replaced without running anything. Changes nothing.
 *
 * @throws DrydockError PATCH_UNSUPPORTED without a database, PACKAGE_ARCHIVE_INVALID, and what fetching throws
 */
export async function judgeUpdates(
  root: RootView,
  updates: readonly PackageUpdate[],
  options: JudgeOptions,
): Promise<JudgedUpdates> {
  const database = await readDatabase(root, options);
  if (!database) throw new DrydockError('PATCH_UNSUPPORTED', 'the image holds no database of dpkg');
  const accepted: Opened[] = [];
  const refused: Refusal[] = [];
  const risks: PackageRisk[] = [];
  const notes: string[] = [];
  const opened = new Map<string, Opened[]>();
  const inOrder = bySource(updates);
  const fetch = fetchedAhead([...inOrder.values()].flat(), options);
  for (const [source, group] of inOrder) {
    const found = await openSource(source, group, database, { ...options, fetch });
    if ('reason' in found) refused.push(found);
    else opened.set(source, found);
  }
  const all = [...opened.values()].flat().map(({ upgrade }) => upgrade);
  const digests = await digestsFor(root, database, all, FILES_TO_CHECK, options);
  const owners = ownersOf(database.packages.filter(({ isInstalled }) => isInstalled));
  const { scripts: policy = 'catalogued', signal } = options;
  const judgements = new Map<string, Judgement>();
  for (const [source, group] of opened) {
    const upgrades = group.map(({ upgrade }) => upgrade);
    const judged = await judgeSource(upgrades, { root, database, owners, digests, all, policy, signal });
    judgements.set(source, judged);
    if (judged.refusal) refused.push({ source, ...judged.refusal });
  }
  refused.push(...strandedBy(refused, opened, judgements, database));
  for (const [source, { risks: ofSource, notes: told, refusal }] of judgements) {
    risks.push(...ofSource);
    if (refusal) continue;
    accepted.push(...(opened.get(source) ?? []));
    notes.push(...told);
  }
  return { accepted, refused, risks, notes, state: { root, database, digests } };
}

/** Whatever needs what is refused is refused as well, and so on; their judgements say so. */
function strandedBy(
  refused: readonly Refusal[],
  opened: ReadonlyMap<string, readonly Opened[]>,
  judgements: Map<string, Judgement>,
  database: Database,
): Refusal[] {
  const found: Refusal[] = [];
  const goes = ([source]: readonly [string, unknown]): boolean => !judgements.get(source)?.refusal;
  while (refused.length > 0) {
    const left = new Map(
      [...opened].filter(goes).map(([source, group]) => [source, group.map(({ upgrade }) => upgrade)]),
    );
    const stranded = strandedUpgrades(left, database);
    if (stranded.size === 0) break;
    for (const [source, detail] of stranded) {
      found.push({ source, reason: 'conflict', detail });
      const risks = (left.get(source) ?? []).map(({ installed: { name, architecture } }) => ({
        ...{ name, architecture, risk: 'refused' as const, detail },
      }));
      judgements.set(source, { refusal: { reason: 'conflict', detail }, notes: [], risks });
    }
  }
  return found;
}

/** In byte order of names, whatever the order they were asked in. */
export function bySource(updates: readonly PackageUpdate[]): Map<string, PackageUpdate[]> {
  const groups = new Map<string, PackageUpdate[]>();
  const inOrder = [...updates].sort(
    (a, b) =>
      compare(a.source.name, b.source.name) ||
      compare(a.name, b.name) ||
      compare(a.architecture, b.architecture),
  );
  for (const update of inOrder)
    groups.set(update.source.name, [...(groups.get(update.source.name) ?? []), update]);
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The next ones come in while one is unpacked; they are asked for in this order. */
export function fetchedAhead(
  updates: readonly PackageUpdate[],
  { fetch }: JudgeOptions,
): (update: PackageUpdate) => Promise<Uint8Array> {
  const coming = new Map<PackageUpdate, Promise<Uint8Array>>();
  let next = 0;
  const start = (): void => {
    for (; next < updates.length && coming.size < FETCHES_AHEAD; next++) {
      const update = updates[next];
      if (!update) continue;
      const fetching = fetch(update);
      // Whoever asks for it is told; until then it is nobody's failure.
      fetching.catch(() => undefined);
      coming.set(update, fetching);
    }
  };
  return async (update) => {
    start();
    const fetching = coming.get(update) ?? fetch(update);
    try {
      return await fetching;
    } finally {
      coming.delete(update);
      start();
    }
  };
}

async function openSource(
  source: string,
  updates: readonly PackageUpdate[],
  database: Database,
  { fetch, signal, limits }: JudgeOptions,
): Promise<Refusal | Opened[]> {
  const opened: Opened[] = [];
  for (const update of updates) {
    signal.throwIfAborted();
    const { name, from, to } = update;
    const installed = database.packages.find((each) => isOf(update, each));
    if (installed?.version !== from)
      return {
        source,
        reason: 'conflict',
        detail: `${name} ${from} is not what is installed (${installed?.version ?? 'nothing'})`,
      };
    const of = `${name} ${to}`;
    const file = await openPackage(await fetch(update), { of, signal, ...(limits && { limits }) });
    if (fieldOf(file.control, 'Package') !== name || fieldOf(file.control, 'Version') !== to)
      throw invalidArchive(of, 'it is another package than it should be');
    opened.push({ upgrade: { installed, file }, update });
  }
  return opened;
}

/** A package may change between one architecture and all of them. */
function isOf({ name, architecture }: PackageUpdate, installed: InstalledPackage): boolean {
  const isAny = architecture === 'all' || installed.architecture === 'all';
  return (
    installed.name === name && installed.isInstalled && (isAny || installed.architecture === architecture)
  );
}
