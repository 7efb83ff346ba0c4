import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding } from '../path-ending.ts';
import { parseGemspec } from './parse-gemspec.ts';

const FOLDER = 'specifications/';

/** Gems as RubyGems notes them when it installs them. */
export const gemSpecifications: Analyzer = {
  id: 'gemspec',
  reads: 'specifications/*.gemspec',
  version: 1,
  appliesTo: 'installed',
  /** Those that list every file come near a megabyte. */
  maxFileBytes: 8 << 20,
  endings: ['.gemspec'],
  wants: ({ path }) =>
    hasEnding(path, '.gemspec') && (path.includes(`/${FOLDER}`) || path.startsWith(FOLDER)),
  begin: eachFile(({ path, content }) => parseGemspec(content, path)),
};
