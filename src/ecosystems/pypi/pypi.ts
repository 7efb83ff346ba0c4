import { pep440 } from '../../versions/pep440.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { pythonEggs, pythonPackages } from './python-pkg.ts';

/** Packages of Python. Advisories are filed under names with dashes; dots stay, unlike in the index. */
export const pypiEcosystem: Ecosystem = {
  type: 'pypi',
  analyzers: [pythonPackages, pythonEggs],
  versions: pep440,
  advisories: { ecosystem: 'PyPI', nameOf: ({ name }) => name.toLowerCase().replaceAll('_', '-') },
};
