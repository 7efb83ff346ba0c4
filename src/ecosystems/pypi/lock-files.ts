import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding, isNamed } from '../path-ending.ts';
import { withTree } from '../source-tree.ts';
import { parsePdmLock } from './parse-pdm-lock.ts';
import { parsePipfileLock } from './parse-pipfile-lock.ts';
import { parsePoetryLock } from './parse-poetry-lock.ts';
import { parsePylock } from './parse-pylock.ts';
import { parseRequirements } from './parse-requirements.ts';
import { parseUvLock } from './parse-uv-lock.ts';

/** They list a digest for every platform of every package. */
const MAX_BYTES = 64 << 20;

function named(name: string): (path: string) => boolean {
  return (path) => isNamed(path, name);
}

const isPoetryLock = named('poetry.lock');
const isPdmLock = named('pdm.lock');
const isProject = named('pyproject.toml');
const PYLOCK = /(?:^|\/)pylock(?:\.[^./]+)?\.toml$/;

export const pipRequirements: Analyzer = {
  id: 'pip-requirements',
  reads: 'requirements.txt',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'requirements.txt'),
  begin: eachFile(({ path, content }) => parseRequirements(content, path)),
};

export const pipenvLock: Analyzer = {
  id: 'pipenv-lock',
  reads: 'Pipfile.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'Pipfile.lock'),
  begin: eachFile(({ path, content }) => parsePipfileLock(content, path)),
};

export const poetryLock: Analyzer = {
  id: 'poetry-lock',
  reads: 'poetry.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isPoetryLock(path) || isProject(path),
  begin: withTree(isPoetryLock, parsePoetryLock),
};

export const pdmLock: Analyzer = {
  id: 'pdm-lock',
  reads: 'pdm.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isPdmLock(path) || isProject(path),
  begin: withTree(isPdmLock, parsePdmLock),
};

export const uvLock: Analyzer = {
  id: 'uv-lock',
  reads: 'uv.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'uv.lock'),
  begin: eachFile(({ path, content }) => parseUvLock(content, path)),
};

/** `pylock.toml` or `pylock.NAME.toml`. */
export const pylock: Analyzer = {
  id: 'pylock',
  reads: 'pylock.toml',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => hasEnding(path, '.toml') && PYLOCK.test(path),
  begin: eachFile(({ path, content }) => parsePylock(content, path)),
};
