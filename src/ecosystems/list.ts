import { apkEcosystem } from './apk/apk.ts';
import { bottlerocketEcosystem } from './bottlerocket/bottlerocket.ts';
import { debEcosystem } from './deb/deb.ts';
import type { Ecosystem } from './ecosystem.ts';
import { rpmEcosystem } from './rpm/rpm.ts';

/** Every kind of package that is understood. */
export const ecosystems: readonly Ecosystem[] = [
  apkEcosystem,
  bottlerocketEcosystem,
  debEcosystem,
  rpmEcosystem,
];
