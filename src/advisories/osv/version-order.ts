import { apk } from '../../versions/apk.ts';
import { bitnami } from '../../versions/bitnami.ts';
import { composer } from '../../versions/composer.ts';
import { deb } from '../../versions/deb.ts';
import { gem } from '../../versions/gem.ts';
import { generic } from '../../versions/generic.ts';
import { maven } from '../../versions/maven.ts';
import { npm } from '../../versions/npm.ts';
import { nuget } from '../../versions/nuget.ts';
import { pep440 } from '../../versions/pep440.ts';
import { rpm } from '../../versions/rpm.ts';
import type { AnyVersionScheme } from '../../versions/scheme.ts';

/** By what stands before the release. Languages that are not here have versions that all compare alike. */
const SCHEMES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['Alpine', apk],
  ['Bitnami', bitnami],
  ['Chainguard', apk],
  ['Debian', deb],
  ['Echo', deb],
  ['Maven', maven],
  ['MinimOS', apk],
  ['npm', npm],
  ['NuGet', nuget],
  ['Packagist', composer],
  ['PyPI', pep440],
  ['Root:Alpine', apk],
  ['Root:Debian', deb],
  ['Root:Ubuntu', deb],
  ['RubyGems', gem],
  ['Ubuntu', deb],
  ['Wolfi', apk],
]);

/** The order of the versions by which a record tells a range, for finding out which end comes first. */
export function orderOf(ecosystem: string): AnyVersionScheme {
  const family = ecosystem.replace(/:[^:]*$/, '').replace(/^Ubuntu:.*$/, 'Ubuntu');
  const scheme = SCHEMES.get(family) ?? (ecosystem.includes(':') ? rpm : generic);
  return scheme as AnyVersionScheme;
}
