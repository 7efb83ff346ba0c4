import { apk, type ApkVersion } from '../../../versions/apk.ts';
import type { Present } from '../../plan/planned.ts';
import type { SourceMember } from '../../plan/source-moves.ts';
import type { InstalledApk } from '../database/record.ts';
import type { ApkOffer } from '../sources/apk-offers.ts';
import { holdsFor, type Relation } from './relations.ts';

/** A package of the image, for who plans. */
export interface PresentApk extends Present, Pick<InstalledApk, 'depends' | 'provides' | 'tag'> {
  readonly parsed: ApkVersion;
}

/** Undefined where the version is none that apk knows. */
export function toPresent(pkg: InstalledApk): PresentApk | undefined {
  const { name, version, architecture, origin, depends, provides, tag, broken } = pkg;
  const parsed = apk.parse(version);
  return (
    parsed && {
      name,
      version,
      architecture,
      source: { name: origin, version },
      depends,
      provides,
      ...(tag !== undefined && { tag }),
      parsed,
      held: false,
      // Where files could not be written nobody knows what is there.
      complete: !broken.includes('f'),
    }
  );
}

/**
 * What may take the place of an installed package: newer versions, the newest first, of repositories without a tag and
 * of those whose tag was asked for. What the world pins stays as it is pinned.
 */
export function memberOf(
  pkg: PresentApk,
  offers: readonly ApkOffer[],
  world: readonly Relation[],
): SourceMember<PresentApk, ApkOffer> {
  const pins = world.filter(({ name, isConflict }) => name === pkg.name && !isConflict);
  const tags = new Set([pkg.tag, ...pins.map(({ tag }) => tag)]);
  const newer = offers.flatMap((offer) => {
    const version = apk.parse(offer.version);
    const isOpen = offer.tag === undefined || tags.has(offer.tag);
    const isOfIt = offer.name === pkg.name && isSameArchitecture(offer.architecture, pkg.architecture);
    return version && isOpen && isOfIt && apk.compare(version, pkg.parsed) > 0 ? [{ offer, version }] : [];
  });
  // Of one version the first repository counts, as for apk.
  const sorted = newer.sort((a, b) => apk.compare(b.version, a.version));
  const candidates = sorted.filter(({ version }) => pins.every((pin) => holdsFor(pin, version)));
  const [newest] = sorted;
  const pin = pins.find((each) => newest && !holdsFor(each, newest.version));
  return {
    pkg,
    candidates,
    ...(pin &&
      candidates.length === 0 && {
        pinned: `etc/apk/world has ${pin.text}, and there is ${newest?.offer.version ?? ''}`,
      }),
  };
}

/** A package may change between one architecture and all of them. */
function isSameArchitecture(a: string, b: string): boolean {
  return a === b || [a, b].some((name) => name === '' || name === 'noarch');
}
