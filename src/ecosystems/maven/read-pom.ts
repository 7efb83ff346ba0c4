import type { LineRange } from '../json-lines.ts';
import { childOf, readXml, textOfChild, type XmlNode } from './read-xml.ts';

/** Coordinates as they are written: with properties still in them, and any of them absent. */
export interface PomDependency {
  readonly group: string;
  readonly artifact: string;
  readonly version: string | undefined;
  readonly scope: string | undefined;
  readonly type: string | undefined;
  readonly classifier: string | undefined;
  readonly lines: LineRange;
}

/** A `pom.xml` by itself, without what it inherits. */
export interface Pom {
  readonly group: string | undefined;
  readonly artifact: string | undefined;
  readonly version: string | undefined;
  readonly parent:
    | {
        readonly group: string | undefined;
        readonly artifact: string | undefined;
        readonly version: string | undefined;
        /** Empty: not looked for in the tree. */
        readonly relativePath: string;
      }
    | undefined;
  readonly properties: ReadonlyMap<string, string>;
  readonly dependencies: readonly PomDependency[];
  readonly managed: readonly PomDependency[];
  readonly licenses: readonly string[];
}

const MAX_DEPENDENCIES = 20_000;

/** undefined for text that is no project of Maven's. @see https://maven.apache.org/pom.html */
export function readPom(text: string): Pom | undefined {
  const root = readXml(text);
  if (root?.name !== 'project') return undefined;
  const parent = childOf(root, 'parent');
  return {
    group: textOfChild(root, 'groupId'),
    artifact: textOfChild(root, 'artifactId'),
    version: textOfChild(root, 'version'),
    parent: parent && {
      group: textOfChild(parent, 'groupId'),
      artifact: textOfChild(parent, 'artifactId'),
      version: textOfChild(parent, 'version'),
      relativePath: childOf(parent, 'relativePath')?.text ?? '../pom.xml',
    },
    properties: new Map(childOf(root, 'properties')?.children.map(({ name, text }) => [name, text]) ?? []),
    dependencies: dependenciesIn(childOf(root, 'dependencies')),
    managed: dependenciesIn(childOf(childOf(root, 'dependencyManagement'), 'dependencies')),
    licenses: (childOf(root, 'licenses')?.children ?? []).flatMap((one) => textOfChild(one, 'name') ?? []),
  };
}

function dependenciesIn(list: XmlNode | undefined): PomDependency[] {
  return (list?.children ?? []).slice(0, MAX_DEPENDENCIES).flatMap((node) => {
    const group = textOfChild(node, 'groupId');
    const artifact = textOfChild(node, 'artifactId');
    if (node.name !== 'dependency' || group === undefined || artifact === undefined) return [];
    return [
      {
        group,
        artifact,
        version: textOfChild(node, 'version'),
        scope: textOfChild(node, 'scope'),
        type: textOfChild(node, 'type'),
        classifier: textOfChild(node, 'classifier'),
        lines: { startLine: node.startLine, endLine: node.endLine },
      },
    ];
  });
}
