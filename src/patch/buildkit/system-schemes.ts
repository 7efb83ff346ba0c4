import type { NamedUpdate } from '../../model/patch.ts';
import { apk } from '../../versions/apk.ts';
import { deb } from '../../versions/deb.ts';
import { rpm } from '../../versions/rpm.ts';
import type { AnyVersionScheme } from '../../versions/scheme.ts';

/** How versions of packages compare that a system's package manager installs. */
export const SYSTEM_SCHEMES: Readonly<Record<NamedUpdate['type'], AnyVersionScheme>> = {
  deb: deb,
  apk: apk,
  rpm: rpm,
};
