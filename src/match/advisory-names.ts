import { wideEcosystem } from '../advisories/diff/bucket-ecosystems.ts';
import { advisoryName } from '../advisories/diff/database-diff.ts';
import { advisoryNameOf, findDistro } from '../ecosystems/distros.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import { isEndOfLife } from '../ecosystems/end-of-life.ts';
import { ecosystems } from '../ecosystems/list.ts';
import { rootIoEcosystem, sealEcosystem } from '../ecosystems/suppliers.ts';
import type { OperatingSystem } from '../model/analysis.ts';
import type { Package, PackageType } from '../model/package.ts';

const BY_TYPE: ReadonlyMap<PackageType, Ecosystem> = new Map(ecosystems.map((each) => [each.type, each]));

/** Stands for a database of jars: held by images with jars whose coordinates it told, or might tell. */
export const JAVA_DB_NAME = advisoryName('java-db');

/** What was judged: packages as a report has them, with jars named. */
export interface Judged {
  readonly os?: OperatingSystem;
  readonly packages: readonly Package[];
}

/**
 * Every name that matching looks up for an image, as `ecosystem NUL name`, and `ecosystem NUL` for each ecosystem it
 * asks about. As long as none of these, and no vulnerability that was found, is other than before, the answer is the
 * same. Sorted, each once.
 *
 * @param now decides, with some distributions, which of their lists is asked
 */
export function advisoryNames(judged: Judged, now: Date): readonly string[] {
  const names = new Set<string>();
  const add = (ecosystem: string, name?: string): void => {
    for (const each of [ecosystem, wideEcosystem(ecosystem)]) {
      if (each === undefined) continue;
      names.add(advisoryName(each));
      if (name !== undefined) names.add(advisoryName(each, name));
    }
  };
  addSystem(judged, now, add);
  for (const pkg of judged.packages) if (pkg.application !== undefined) addApplication(pkg, add);
  if (judged.packages.some(isJarWithoutWord)) names.add(JAVA_DB_NAME);
  return [...names].sort();
}

/** True when the time that went by changes nothing of how an image is judged by the same advisories. */
export function isJudgedAlike(os: OperatingSystem | undefined, then: Date, now: Date): boolean {
  if (!os) return true;
  const distro = findDistro(os.family);
  return (
    isEndOfLife(os, then) === isEndOfLife(os, now) &&
    distro?.ecosystem(os, then) === distro?.ecosystem(os, now)
  );
}

type Add = (ecosystem: string, name?: string) => void;

function addSystem({ os, packages }: Judged, now: Date, add: Add): void {
  const ofSystem = packages.filter(({ application }) => application === undefined);
  const distro = os && findDistro(os.family);
  if (!os || !distro || ofSystem.length === 0) return;
  const ecosystem = distro.ecosystem(os, now);
  const rootIo = rootIoEcosystem(os, ofSystem);
  add(ecosystem);
  for (const pkg of ofSystem) {
    if (pkg.redHatBuild) add('Red Hat');
    const seal = sealEcosystem(os, pkg);
    if (seal !== undefined) {
      add(seal, (pkg.source ?? pkg).name);
      continue;
    }
    const name = advisoryNameOf(pkg, distro);
    add(ecosystem, name);
    if (rootIo !== undefined) add(rootIo, name);
  }
}

function addApplication(pkg: Package, add: Add): void {
  const advisories = BY_TYPE.get(pkg.type)?.advisories;
  if (advisories && pkg.version !== '') add(advisories.ecosystem, advisories.nameOf(pkg));
}

function isJarWithoutWord({ application, identifiedBy }: Package): boolean {
  return application === 'jar' && identifiedBy !== undefined && identifiedBy !== 'pom.properties';
}
