import type { BlobInfo } from './messages/cache.ts';
import type { BuildInfo, Package } from './messages/common.ts';

/** Which blob a package came with first. */
export interface Origins {
  ofSystem(pkg: Package): { readonly index: number; readonly buildInfo: BuildInfo | undefined } | undefined;
  /** Only an application at the same path is the same one. */
  ofApplication(filePath: string, pkg: Package): number | undefined;
}

export function originsOf(blobs: readonly BlobInfo[]): Origins {
  const system = new Map<string, number>();
  const applications = new Map<string, number>();
  const builds = buildsFor(blobs);
  const remember = (map: Map<string, number>, key: string, index: number): void => {
    if (!map.has(key)) map.set(key, index);
  };
  blobs.forEach((blob, index) => {
    for (const { packages } of blob.packageInfos)
      for (const pkg of packages) remember(system, keyOf(pkg), index);
    for (const { filePath, packages } of blob.applications)
      for (const pkg of packages) remember(applications, `${filePath}\0${keyOf(pkg)}`, index);
  });
  return {
    ofSystem(pkg) {
      const index = system.get(keyOf(pkg));
      return index === undefined ? undefined : { index, buildInfo: builds[index] };
    },
    ofApplication: (filePath, pkg) => applications.get(`${filePath}\0${keyOf(pkg)}`),
  };
}

function keyOf({ name, version, release }: Package): string {
  return `${name}\0${version}\0${release}`;
}

/** The layer's own build; for the base layer that of the one above, where Red Hat puts it; else the nearest below. */
function buildsFor(blobs: readonly BlobInfo[]): (BuildInfo | undefined)[] {
  let nearest: BuildInfo | undefined;
  return blobs.map(({ buildInfo }, index) => {
    nearest = buildInfo ?? nearest;
    return index === 0 ? (buildInfo ?? blobs[1]?.buildInfo) : nearest;
  });
}
