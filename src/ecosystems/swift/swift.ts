import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';

/** Packages of Swift, which are named by the place of their repository. */
export const swiftEcosystem: Ecosystem = {
  type: 'swift',
  analyzers: [],
  versions: generic,
  advisories: { ecosystem: 'SwiftURL', nameOf: ({ name }) => placeOf(name) },
};

/** `github.com/apple/swift-nio` of `https://github.com/apple/swift-nio.git` */
function placeOf(name: string): string {
  const place = name.startsWith('https://') ? name.slice('https://'.length) : name;
  return place.endsWith('.git') ? place.slice(0, -'.git'.length) : place;
}
