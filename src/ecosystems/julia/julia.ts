import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { juliaManifest } from './julia-manifest.ts';

/** Packages of Julia. */
export const juliaEcosystem: Ecosystem = {
  type: 'julia',
  analyzers: [juliaManifest],
  versions: generic,
  advisories: { ecosystem: 'Julia', nameOf: ({ name }) => name },
};
