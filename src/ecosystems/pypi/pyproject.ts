import { own, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import type { SourceTree } from '../source-tree.ts';
import { parseToml } from '../toml-text.ts';
import { textsIn } from './locked-table.ts';
import { nameOfRequirement } from './normal-name.ts';

/** Names that a project asks for itself. */
export interface Asked {
  /** To run, with all its extras. */
  readonly runtime: ReadonlySet<string>;
  /** In groups for its makers. */
  readonly development: ReadonlySet<string>;
  /** Extras, which whoever installs the project can ask for. */
  readonly runtimeGroups: ReadonlySet<string>;
}

/** What `pyproject.toml` asks for; undefined where there is none to be read. */
export function askedBy(tree: SourceTree, path: string): Asked | undefined {
  const content = tree.get(path);
  const manifest = content && parseToml(textOf(content));
  if (!manifest) return undefined;
  const project = recordOf(own(manifest, 'project'));
  const tool = recordOf(own(manifest, 'tool'));
  const poetry = recordOf(own(tool, 'poetry'));
  const runtime = [
    ...namesIn(own(project, 'dependencies')),
    ...Object.values(recordOf(own(project, 'optional-dependencies')) ?? {}).flatMap(namesIn),
    ...keysOf(own(poetry, 'dependencies')),
  ];
  const development = [
    ...Object.values(recordOf(own(manifest, 'dependency-groups')) ?? {}).flatMap(namesIn),
    ...Object.values(recordOf(own(recordOf(own(tool, 'pdm')), 'dev-dependencies')) ?? {}).flatMap(namesIn),
    ...keysOf(own(poetry, 'dev-dependencies')),
    ...groupsOf(poetry),
  ];
  const extras = Object.keys(recordOf(own(project, 'optional-dependencies')) ?? {});
  return {
    runtime: new Set(runtime),
    development: new Set(development),
    runtimeGroups: new Set(extras),
  };
}

/** Requirements of PEP 508. */
function namesIn(value: unknown): string[] {
  return textsIn(value).flatMap((requirement) => nameOfRequirement(requirement) ?? []);
}

function keysOf(value: unknown): string[] {
  return Object.keys(recordOf(value) ?? {}).filter((name) => name !== 'python');
}

/** Every group of Poetry's but `main` is for the makers. */
function groupsOf(poetry: JsonRecord | undefined): string[] {
  return Object.entries(recordOf(own(poetry, 'group')) ?? {}).flatMap(([name, group]) =>
    name === 'main' ? [] : keysOf(own(recordOf(group), 'dependencies')),
  );
}
