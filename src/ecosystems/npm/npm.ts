import { npm } from '../../versions/npm.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { nodePackages } from './node-pkg.ts';

/** Packages of Node.js. */
export const npmEcosystem: Ecosystem = {
  type: 'npm',
  analyzers: [nodePackages],
  versions: npm,
  advisories: { ecosystem: 'npm', nameOf: ({ name }) => name.toLowerCase() },
};
