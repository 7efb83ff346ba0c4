import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { condaMeta, condaEnvironment } from './conda-files.ts';

/** Packages of conda. For the inventory: nobody publishes advisories on them. */
export const condaEcosystem: Ecosystem = {
  type: 'conda',
  analyzers: [condaMeta, condaEnvironment],
  versions: generic,
};
