import { eachFile, type Analyzer, type FileResult } from '../../analysis/analyzer.ts';
import { hasEnding, isNamed } from '../path-ending.ts';
import { withTree, type SourceTree } from '../source-tree.ts';
import { parseGradleLockfile } from './parse-gradle-lockfile.ts';
import { openPomTree, parsePom } from './parse-pom.ts';
import { parseSbtLock } from './parse-sbt-lock.ts';
import type { PomTree } from './resolve-pom.ts';

const MAX_BYTES = 32 << 20;
const MAX_POM_BYTES = 4 << 20;

function isPom(path: string): boolean {
  return isNamed(path, 'pom.xml');
}

export const mavenPom: Analyzer = {
  id: 'maven-pom',
  reads: 'pom.xml',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_POM_BYTES,
  wants: ({ path }) => isPom(path),
  begin() {
    const trees = new WeakMap<SourceTree, PomTree>();
    return withTree(isPom, (file): FileResult | undefined => {
      const tree =
        trees.get(file.tree) ??
        openPomTree(file.tree.size > 0 ? file.tree : new Map([[file.path, file.content]]));
      if (file.tree.size > 0) trees.set(file.tree, tree);
      return parsePom(file, tree);
    })();
  },
};

/** Of builds and, by names that end so, of what builds them. */
export const gradleLockfile: Analyzer = {
  id: 'gradle-lockfile',
  reads: '*.lockfile of Gradle',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => hasEnding(path, 'gradle.lockfile'),
  begin: eachFile(({ path, content }) => parseGradleLockfile(content, path)),
};

export const sbtLock: Analyzer = {
  id: 'sbt-lock',
  reads: 'build.sbt.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'build.sbt.lock'),
  begin: eachFile(({ path, content }) => parseSbtLock(content, path)),
};
