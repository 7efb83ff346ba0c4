import type { ApplicationType } from '../../model/package.ts';
import { propertyOf, type SbomComponent, type SbomDocument } from './document.ts';

/** Kinds of which each package is a file of its own. */
const AGGREGATED: ReadonlySet<ApplicationType> = new Set<ApplicationType>([
  ...(['conda-pkg', 'gemspec', 'jar', 'node-pkg', 'python-pkg'] as const),
]);

/** Files by whose name everybody knows what they are. */
const FILES: ReadonlyMap<string, ApplicationType> = new Map<string, ApplicationType>([
  ['Cargo.lock', 'cargo'],
  ['Gemfile.lock', 'bundler'],
  ['Package.resolved', 'swift'],
  ['Pipfile.lock', 'pipenv'],
  ['Podfile.lock', 'cocoapods'],
  ['bun.lock', 'bun'],
  ['composer.lock', 'composer'],
  ['conan.lock', 'conan'],
  ['go.mod', 'gomod'],
  ['gradle.lockfile', 'gradle'],
  ['installed.json', 'composer-vendor'],
  ['mix.lock', 'hex'],
  ['package-lock.json', 'npm'],
  ['packages.lock.json', 'nuget'],
  ['pdm.lock', 'pdm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['poetry.lock', 'poetry'],
  ['pom.xml', 'pom'],
  ['pubspec.lock', 'pub'],
  ['requirements.txt', 'pip'],
  ['uv.lock', 'uv'],
  ['yarn.lock', 'yarn'],
]);

/** Kinds that are not known yet are taken as well: a newer program may have written them. */
export function applicationType(name: string | undefined): ApplicationType | undefined {
  return name !== undefined && /^[a-z][a-z-]{0,30}$/.test(name) ? (name as ApplicationType) : undefined;
}

/** Whether packages of such an application lie in files of their own, so that it has none itself. */
export function isAggregated(type: ApplicationType): boolean {
  return AGGREGATED.has(type);
}

/** The kind of application that a file is, where its name tells. */
export function applicationOfFile(path: string | undefined): ApplicationType | undefined {
  if (path === undefined) return undefined;
  return path.endsWith('.deps.json') ? 'dotnet-core' : FILES.get(path.slice(path.lastIndexOf('/') + 1));
}

/** An application that a document tells as a component of its own. */
export interface SbomApplication {
  readonly type: ApplicationType;
  readonly path: string;
}

/** By reference of a component: the application that it is a part of, however many others lie between. */
export function applicationsByPart({
  components,
  relations,
}: SbomDocument): ReadonlyMap<string, SbomApplication> {
  const owners = new Map<string, SbomApplication>();
  const seen = new Set<string>();
  for (const component of components) {
    const application = applicationOf(component);
    if (!application || seen.has(component.ref)) continue;
    seen.add(component.ref);
    const waiting = [...(relations.get(component.ref) ?? [])];
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
      if (owners.has(ref)) continue;
      owners.set(ref, application);
      for (const next of relations.get(ref) ?? []) if (!owners.has(next)) waiting.push(next);
    }
  }
  return owners;
}

function applicationOf(component: SbomComponent): SbomApplication | undefined {
  if (component.kind !== 'application') return undefined;
  const type = applicationType(propertyOf(component, 'Type'));
  return type && { type, path: propertyOf(component, 'FilePath') ?? component.name };
}
