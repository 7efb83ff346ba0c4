import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';

/** Packages of C and C++, of Conan's. */
export const conanEcosystem: Ecosystem = {
  type: 'conan',
  analyzers: [],
  versions: generic,
  advisories: { ecosystem: 'ConanCenter', nameOf: ({ name }) => name.toLowerCase() },
};
