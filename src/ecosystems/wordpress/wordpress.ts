import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { wordpressCore, wordpressExtensions } from './wordpress-files.ts';

/** WordPress, its plugins (`plugins/akismet`) and themes. For the inventory: no advisories are asked for them. */
export const wordpressEcosystem: Ecosystem = {
  type: 'wordpress',
  analyzers: [wordpressCore, wordpressExtensions],
  versions: generic,
};
