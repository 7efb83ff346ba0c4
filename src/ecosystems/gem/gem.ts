import { gem } from '../../versions/gem.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { gemSpecifications } from './gemspec.ts';

/** Packages of Ruby. */
export const gemEcosystem: Ecosystem = {
  type: 'gem',
  analyzers: [gemSpecifications],
  versions: gem,
  advisories: { ecosystem: 'RubyGems', nameOf: ({ name }) => name.toLowerCase() },
};
