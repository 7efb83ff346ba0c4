import { maven } from '../../versions/maven.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { jar } from './jar.ts';

/** Packages of Maven repositories, whatever builds them. */
export const mavenEcosystem: Ecosystem = {
  type: 'maven',
  analyzers: [jar],
  versions: maven,
  advisories: { ecosystem: 'Maven', nameOf: (pkg) => pkg.name },
};
