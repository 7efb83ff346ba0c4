import type { FileResult } from '../../analysis/analyzer.ts';
import type { LineRange } from '../json-lines.ts';
import { damaged, own, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { reach } from '../reach.ts';
import type { LockFile } from '../source-tree.ts';
import { linesOfTables, parseToml } from '../toml-text.ts';
import { manifestsFor, type CargoManifest } from './cargo-manifest.ts';

interface Crate {
  readonly name: string;
  readonly version: string;
  /** Without a source it is a part of the tree. */
  readonly isLocal: boolean;
  /** `name`, or with version and source where the name alone would not do. */
  readonly needs: readonly string[];
  readonly lines: LineRange | undefined;
}

/**
 * The crates that a `Cargo.lock` settles on. Which of them only tests and builds need, the `Cargo.toml` of the
 * packages it was written for tells; without it that is not known.
 */
export function parseCargoLock(file: LockFile): FileResult | undefined {
  const text = textOf(file.content);
  const lock = parseToml(text);
  if (!lock) return damaged('the lock file of Cargo is not TOML');
  const crates = cratesIn(lock, text);
  const find = indexCrates(crates);
  const next = (crate: Crate): Crate[] => crate.needs.flatMap((need) => find(need) ?? []);
  const { root, manifests } = manifestsFor(file);
  const standing = manifests.length > 0 ? standingOf(crates, manifests, next) : undefined;
  const packages = openLockedPackages('cargo', 'cargo', file.path);
  for (const crate of crates) {
    const { name, version, isLocal, lines } = crate;
    const id = packages.add({
      name,
      version,
      lines,
      relationship: standing && relationshipOf(crate, root, standing),
      development: standing !== undefined && !isLocal && !standing.runtime.has(crate),
    });
    if (id !== undefined)
      packages.depend(
        id,
        next(crate).map((other) => packageId(other.name, other.version)),
      );
  }
  return packages.result();
}

function cratesIn(lock: JsonRecord, text: string): Crate[] {
  const list = own(lock, 'package');
  if (!Array.isArray(list)) return [];
  const lines = linesOfTables(text, 'package');
  return (list as readonly unknown[]).flatMap((item, index) => {
    const record = recordOf(item);
    const name = own(record, 'name');
    const version = own(record, 'version');
    const needs = own(record, 'dependencies');
    if (typeof name !== 'string' || typeof version !== 'string') return [];
    return [
      {
        name,
        version,
        isLocal: own(record, 'source') === undefined,
        needs: Array.isArray(needs) ? (needs as unknown[]).filter((one) => typeof one === 'string') : [],
        lines: lines[index],
      },
    ];
  });
}

function indexCrates(crates: readonly Crate[]): (need: string) => Crate | undefined {
  const byName = new Map<string, Crate>();
  for (const crate of crates) {
    byName.set(crate.name, crate);
    byName.set(`${crate.name} ${crate.version}`, crate);
  }
  return (need) => byName.get(need) ?? byName.get(need.split(' ', 2).join(' '));
}

interface Standing {
  readonly direct: ReadonlySet<Crate>;
  readonly runtime: ReadonlySet<Crate>;
}

function standingOf(
  crates: readonly Crate[],
  manifests: readonly CargoManifest[],
  next: (crate: Crate) => Crate[],
): Standing {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  const local = crates.filter(({ isLocal }) => isLocal);
  const follow = (crate: Crate): Crate[] => {
    const manifest = crate.isLocal ? byName.get(crate.name) : undefined;
    return manifest ? next(crate).filter(({ name }) => manifest.runtime.has(name)) : next(crate);
  };
  return { direct: new Set(local.flatMap(next)), runtime: reach(local, follow) };
}

function relationshipOf(
  crate: Crate,
  root: string | undefined,
  { direct }: Standing,
): 'root' | 'workspace' | 'direct' | 'indirect' {
  if (crate.isLocal) return crate.name === root ? 'root' : 'workspace';
  return direct.has(crate) ? 'direct' : 'indirect';
}
