import { own, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { chargeReading, directoryOf, filesInMatching, pathFrom, type LockFile } from '../source-tree.ts';
import { parseToml } from '../toml-text.ts';

/** What a `Cargo.toml` asks for, by the names that the packages themselves bear. */
export interface CargoManifest {
  readonly name: string;
  readonly runtime: ReadonlySet<string>;
}

const MAX_MANIFESTS = 10_000;

/**
 * The manifests of the packages that a `Cargo.lock` was written for, that of its own directory first: members of the
 * workspace, and what the others find by a path.
 */
export function manifestsFor(file: LockFile): { root: string | undefined; manifests: CargoManifest[] } {
  const directory = directoryOf(file.path);
  const first = `${directory}Cargo.toml`;
  const top = readAt(file, first);
  const workspace = recordOf(own(top, 'workspace'));
  const members = textsOf(own(workspace, 'members'));
  const excluded = textsOf(own(workspace, 'exclude')).map((pattern) => `!${pattern}`);
  const shared = recordOf(own(workspace, 'dependencies'));
  const waiting = [first, ...filesInMatching(file, directory, [...members, ...excluded], 'Cargo.toml')];
  const seen = new Set(waiting);
  const manifests: CargoManifest[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const record = path === first ? top : readAt(file, path);
    if (!record) continue;
    const name = own(recordOf(own(record, 'package')), 'name');
    if (typeof name === 'string') manifests.push({ name, runtime: namesOf(runtimeTables(record), shared) });
    // What the workspace shares is told from its own folder, and looked through once.
    for (const other of pathsIn(record, path === first ? shared : undefined)) {
      const place = pathFrom(directoryOf(path), `${other}/Cargo.toml`);
      if (place === undefined || seen.has(place) || seen.size >= MAX_MANIFESTS) continue;
      seen.add(place);
      waiting.push(place);
    }
  }
  const root = own(recordOf(own(top, 'package')), 'name');
  return { root: typeof root === 'string' ? root : undefined, manifests };
}

function readAt({ tree, steps }: LockFile, path: string): JsonRecord | undefined {
  const content = tree.get(path);
  chargeReading(steps, content);
  return content && steps.left >= 0 ? parseToml(textOf(content)) : undefined;
}

/** `[dependencies]`, also those of some platforms only. What builds or tests need has tables of its own. */
function runtimeTables(record: JsonRecord): JsonRecord[] {
  const targets = Object.values(recordOf(own(record, 'target')) ?? {});
  return [record, ...targets].flatMap((holder) => {
    const table = recordOf(own(recordOf(holder), 'dependencies'));
    return table ? [table] : [];
  });
}

function namesOf(tables: readonly JsonRecord[], shared: JsonRecord | undefined): Set<string> {
  const names = tables.flatMap((table) =>
    Object.entries(table).map(([alias, value]) => {
      const asked = recordOf(value);
      const settled = own(asked, 'workspace') === true ? recordOf(own(shared, alias)) : asked;
      const name = own(settled, 'package');
      return typeof name === 'string' ? name : alias;
    }),
  );
  return new Set(names);
}

function pathsIn(record: JsonRecord, shared: JsonRecord | undefined): string[] {
  return [...runtimeTables(record), shared ?? {}].flatMap((table) =>
    Object.values(table).flatMap((value) => {
      const path = own(recordOf(value), 'path');
      return typeof path === 'string' ? [path] : [];
    }),
  );
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value)
    ? (value as unknown[]).filter((one) => typeof one === 'string').slice(0, 1_000)
    : [];
}
