import type { FileResult } from '../analysis/analyzer.ts';
import type { ApplicationType, Package, PackageType } from '../model/package.ts';
import { openDiagnosticList, type DiagnosticList } from './diagnostic-list.ts';
import { openEdgeBudget } from './edge-budget.ts';
import type { LineRange } from './json-lines.ts';
import { licensesIn, nameIn, packageId, versionIn } from './package-text.ts';

/** The largest lock files seen name some ten thousand. */
const MAX_PACKAGES = 200_000;
const MAX_LOCATIONS = 100;

/** A package as a lock file states it: texts may be anything. */
export interface StatedPackage {
  readonly name: unknown;
  /** May be empty for what is itself the source tree's (`root`, `workspace`). */
  readonly version: unknown;
  readonly relationship?: Package['relationship'] | undefined;
  readonly development?: boolean | undefined;
  readonly lines?: LineRange | undefined;
  readonly licenses?: readonly unknown[];
}

/** Collects the packages of one file, each name and version once. */
export interface LockedPackages {
  readonly diagnostics: DiagnosticList;
  /** @returns the package's id, or undefined for what cannot be a package */
  add(stated: StatedPackage): string | undefined;
  /** Ids of packages that are never added do not count, nor what is far beyond any real file. */
  depend(id: string, on: Iterable<string>): void;
  /** undefined for a file that names nothing. */
  result(): FileResult | undefined;
}

interface Entry {
  pkg: Package;
  readonly locations: LineRange[];
  readonly dependsOn: Set<string>;
}

/** What counts when the same package is named more than once. */
const CLOSENESS: readonly Package['relationship'][] = ['root', 'workspace', 'direct', 'indirect'];

export function openLockedPackages(
  type: PackageType,
  application: ApplicationType,
  path: string,
): LockedPackages {
  const diagnostics = openDiagnosticList();
  const entries = new Map<string, Entry>();
  const take = openEdgeBudget();

  function enter(id: string, pkg: Package): Entry | undefined {
    const known = entries.get(id);
    if (known) {
      known.pkg = together(known.pkg, pkg);
      return known;
    }
    if (entries.size >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
      return undefined;
    }
    const entry = { pkg, locations: [], dependsOn: new Set<string>() };
    entries.set(id, entry);
    return entry;
  }

  return {
    diagnostics,
    add(stated) {
      const name = nameIn(stated.name);
      const isOwn = stated.relationship === 'root' || stated.relationship === 'workspace';
      const version = versionIn(stated.version) ?? (isOwn ? '' : undefined);
      if (name === undefined || version === undefined) {
        diagnostics.add('PACKAGE_RECORD_INVALID', 'an entry without name and version is left out');
        return undefined;
      }
      const { relationship, development, lines } = stated;
      const id = version === '' ? name : packageId(name, version);
      const entry = enter(id, {
        type,
        name,
        version,
        licenses: licensesIn(stated.licenses ?? []),
        application,
        ...(relationship && { relationship }),
        ...(development && { development: true }),
        paths: [path],
      });
      if (entry && lines && entry.locations.length < MAX_LOCATIONS) {
        const { startLine, endLine } = lines; // whatever else the caller's object holds
        entry.locations.push({ startLine, endLine });
      }
      return entry && id;
    },
    depend(id, on) {
      const entry = entries.get(id);
      if (!entry) return;
      for (const other of take([...on].filter((one) => one !== id))) entry.dependsOn.add(other);
    },
    result() {
      const said = diagnostics.all();
      if (entries.size === 0 && said.length === 0) return undefined;
      const packages = [...entries.values()].map((entry) => toPackage(entry, entries));
      return { packages, ...(said.length > 0 && { diagnostics: said }) };
    },
  };
}

function toPackage({ pkg, locations, dependsOn }: Entry, entries: ReadonlyMap<string, Entry>): Package {
  const known = [...dependsOn].filter((id) => entries.has(id)).sort();
  const sorted = locations.sort((a, b) => a.startLine - b.startLine);
  return {
    ...pkg,
    ...(known.length > 0 && { dependsOn: known }),
    ...(sorted.length > 0 && { locations: sorted }),
  };
}

/** For development only where every mention says so. */
function together(known: Package, other: Package): Package {
  const relationship = CLOSENESS.find(
    (one) => one && (known.relationship === one || other.relationship === one),
  );
  const { development, ...rest } = known;
  return {
    ...rest,
    licenses: known.licenses.length > 0 ? known.licenses : other.licenses,
    ...(relationship && { relationship }),
    ...(development && other.development && { development }),
  };
}
