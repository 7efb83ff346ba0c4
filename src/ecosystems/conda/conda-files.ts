import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding, isNamed } from '../path-ending.ts';
import { parseEnvironment } from './parse-environment.ts';
import { parseMeta } from './parse-meta.ts';

const FOLDER = 'conda-meta/';

/** What conda, mamba and their kin note beside an environment, one file a package. */
export const condaMeta: Analyzer = {
  id: 'conda-meta',
  reads: 'conda-meta/*.json',
  version: 1,
  appliesTo: 'installed',
  /** Lists every file of the package with its digest. */
  maxFileBytes: 32 << 20,
  endings: ['.json'],
  wants: ({ path }) => hasEnding(path, '.json') && isRightInside(path),
  begin: eachFile(({ path, content }) => parseMeta(content, path)),
};

export const condaEnvironment: Analyzer = {
  id: 'conda-environment',
  reads: 'environment.yml',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 1 << 20,
  wants: ({ path }) => isNamed(path, 'environment.yml') || isNamed(path, 'environment.yaml'),
  begin: eachFile(({ path, content }) => parseEnvironment(content, path)),
};

/** A record bears name, version and build; `history` and other notes of conda's do not. */
function isRightInside(path: string): boolean {
  const name = path.lastIndexOf('/') + 1;
  const folder = name - FOLDER.length;
  if (!path.startsWith(FOLDER, folder) || (folder > 0 && path[folder - 1] !== '/')) return false;
  const last = path.lastIndexOf('-');
  return last > name && path.lastIndexOf('-', last - 1) > name;
}
