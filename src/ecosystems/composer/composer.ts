import { composer } from '../../versions/composer.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { composerVendor } from './composer-vendor.ts';

/** Packages of PHP. */
export const composerEcosystem: Ecosystem = {
  type: 'composer',
  analyzers: [composerVendor],
  versions: composer,
  advisories: { ecosystem: 'Packagist', nameOf: ({ name }) => name.toLowerCase() },
};
