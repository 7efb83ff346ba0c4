import { bitnami } from '../../versions/bitnami.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { bitnamiComponents } from './bitnami-components.ts';

/** Components of the images that Bitnami makes. */
export const bitnamiEcosystem: Ecosystem = {
  type: 'bitnami',
  analyzers: [bitnamiComponents],
  versions: bitnami,
  advisories: { ecosystem: 'Bitnami', nameOf: ({ name }) => name.toLowerCase() },
};
