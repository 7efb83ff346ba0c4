import type { OperatingSystem } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';
import { majorOf, minorOf } from './releases.ts';

/**
 * Root.io rebuilds packages of these with fixes of its own. Its advisories stand beside the distribution's, and are
 * heard where both speak of a vulnerability.
 */
const ROOT_IO: ReadonlyMap<string, { readonly of: (os: OperatingSystem) => string; readonly mark: RegExp }> =
  new Map([
    ['debian', { of: (os: OperatingSystem) => `Debian:${majorOf(os.version)}`, mark: /\.root\.io/ }],
    ['ubuntu', { of: (os: OperatingSystem) => `Ubuntu:${minorOf(os.version)}`, mark: /\.root\.io/ }],
    ['alpine', { of: (os: OperatingSystem) => `Alpine:${minorOf(os.version)}`, mark: /-r[0-9]{2}07[0-9]/ }],
  ]);

/** Seal publishes packages under names of their own, for whose family it has these advisories. */
const SEAL: ReadonlyMap<string, string> = new Map([
  ['alpine', 'Alpine'],
  ['debian', 'Debian'],
  ['ubuntu', 'Debian'],
  ['redhat', 'Red Hat'],
  ['centos', 'Red Hat'],
  ['oracle', 'Red Hat'],
  ['cbl-mariner', 'Red Hat'],
]);

/** The ecosystem of Root.io's advisories where a package shows that they apply to this system. */
export function rootIoEcosystem(os: OperatingSystem, packages: readonly Package[]): string | undefined {
  const base = ROOT_IO.get(os.family);
  if (!base || !packages.some(({ version }) => base.mark.test(version))) return undefined;
  return `Root:${base.of(os)}`;
}

/** The ecosystem of Seal's advisories for one of its packages; undefined for everybody else's. */
export function sealEcosystem(os: OperatingSystem, pkg: Package): string | undefined {
  const base = SEAL.get(os.family);
  if (base === undefined || !(isSeal(pkg.name) || isSeal(pkg.source?.name ?? ''))) return undefined;
  const release = base === 'Red Hat' ? /el([0-9]+)/.exec(pkg.version)?.[1] : undefined;
  return `Seal:${base}${release === undefined ? '' : `:${release}`}`;
}

function isSeal(name: string): boolean {
  return name.toLowerCase().startsWith('seal-');
}
