import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parsePackageJson } from './parse-package-json.ts';

/** Every package below `node_modules`, in the store of pnpm, and those that others bring with them. */
export const nodePackages: Analyzer = {
  id: 'node-pkg',
  reads: 'package.json',
  version: 1,
  appliesTo: 'installed',
  /** Real ones stay below a megabyte, even with a readme inside. */
  maxFileBytes: 4 << 20,
  endings: ['package.json'],
  wants: ({ path }) => isNamed(path, 'package.json'),
  begin: eachFile(({ path, content }) => parsePackageJson(content, path)),
};
