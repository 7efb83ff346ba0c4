import type { OperatingSystem } from '../../model/analysis.ts';
import type { PackageUrl } from '../purl.ts';
import { DRYDOCK_PREFIX, propertyOf, type SbomComponent } from './document.ts';

/** IDs of os-release and namespaces of package URLs whose family has another name here. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['almalinux', 'alma'],
  ['amzn', 'amazon'],
  ['arch', 'archlinux'],
  ['mariner', 'cbl-mariner'],
  ['ol', 'oracle'],
  ['opensuse', 'opensuse-leap'],
  ['red hat enterprise linux', 'redhat'],
  ['rhel', 'redhat'],
  ['sl-micro', 'slem'],
  ['sle-micro', 'slem'],
  ['suse', 'sles'],
]);

function familyOf(id: string): string {
  const plain = id.toLowerCase();
  return FAMILIES.get(plain) ?? plain;
}

const MAX_NAME_CHARS = 64;

/** The operating system as its own component tells it. */
export function systemOf(component: SbomComponent): OperatingSystem | undefined {
  const id = propertyOf(component, 'syft:distro:id') ?? component.name;
  const version = propertyOf(component, 'syft:distro:versionID') ?? component.version ?? '';
  if (id === '' || id.length > MAX_NAME_CHARS || version.length > MAX_NAME_CHARS) return undefined;
  const repositoryRelease = propertyOf(component, `${DRYDOCK_PREFIX}RepositoryRelease`);
  const prettyName = component.description ?? propertyOf(component, 'syft:distro:prettyName');
  return {
    family: familyOf(id),
    version,
    ...(prettyName && { prettyName }),
    ...(propertyOf(component, `${DRYDOCK_PREFIX}ExtendedSupport`) === 'true' && { extendedSupport: true }),
    ...(repositoryRelease && { repositoryRelease }),
  };
}

/** The operating system that most package URLs name in their qualifier `distro`: `debian-12`, of apk `3.18.4` too. */
export function systemOfUrls(urls: readonly PackageUrl[]): OperatingSystem | undefined {
  const counts = new Map<string, { readonly os: OperatingSystem; count: number }>();
  for (const { type, namespace = '', qualifiers } of urls) {
    const distro = qualifiers?.['distro'];
    if (!distro || distro.length > 2 * MAX_NAME_CHARS || !/^(?:apk|deb|rpm)$/.test(type)) continue;
    const key = `${namespace}/${distro}`;
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { os: toSystem(namespace, distro), count: 1 });
  }
  let best: { readonly os: OperatingSystem; readonly count: number } | undefined;
  for (const one of counts.values()) if (!best || one.count > best.count) best = one;
  return best?.os;
}

function toSystem(namespace: string, distro: string): OperatingSystem {
  const match = /^([A-Za-z][A-Za-z_-]*?)-([0-9].*)$/.exec(distro);
  if (match) return { family: familyOf(match[1] ?? ''), version: match[2] ?? '' };
  return /^[0-9]/.test(distro)
    ? { family: familyOf(namespace), version: distro }
    : { family: familyOf(distro), version: '' };
}

/** Namespaces of package URLs that stand for one distribution. */
const NAMESPACES: ReadonlyMap<string, readonly string[]> = new Map([
  ['suse', ['sles', 'slem']],
  ['opensuse', ['opensuse-leap', 'opensuse-leap-micro', 'opensuse-tumbleweed']],
]);

/** Whether a package URL says that the package is of another distribution than the one it lies in. */
export function isForeign({ namespace }: PackageUrl, { family }: OperatingSystem): boolean {
  if (!namespace) return false;
  const own = NAMESPACES.get(namespace.toLowerCase()) ?? [familyOf(namespace)];
  return !own.includes(family);
}
