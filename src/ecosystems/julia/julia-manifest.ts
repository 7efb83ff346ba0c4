import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parseManifest } from './parse-manifest.ts';

export const juliaManifest: Analyzer = {
  id: 'julia-manifest',
  reads: 'Manifest.toml',
  version: 1,
  maxFileBytes: 1 << 20,
  endings: ['Manifest.toml'],
  wants: ({ path }) => isNamed(path, 'Manifest.toml'),
  begin: eachFile(({ path, content }) => parseManifest(content, path)),
};
