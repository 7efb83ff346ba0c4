import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';

/** Packages of Dart. */
export const pubEcosystem: Ecosystem = {
  type: 'pub',
  analyzers: [],
  versions: generic,
  advisories: { ecosystem: 'Pub', nameOf: ({ name }) => name.toLowerCase() },
};
