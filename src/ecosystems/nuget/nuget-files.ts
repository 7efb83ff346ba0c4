import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding, isNamed } from '../path-ending.ts';
import { parseDeps } from './parse-deps.ts';
import { parsePackagesLock } from './parse-packages-lock.ts';
import { parsePackagesConfig, parsePackagesProps } from './parse-project-xml.ts';

const MAX_JSON_BYTES = 16 << 20;
const MAX_XML_BYTES = 2 << 20;
const PROPS = 'packages.props';

/** What a published .NET application says it runs with. */
export const dotnetDeps: Analyzer = {
  id: 'dotnet-core',
  reads: '*.deps.json',
  version: 1,
  maxFileBytes: MAX_JSON_BYTES,
  endings: ['.deps.json'],
  wants: ({ path }) => hasEnding(path, '.deps.json'),
  begin: eachFile(({ path, content }) => parseDeps(content, path)),
};

export const nugetLock: Analyzer = {
  id: 'nuget-lock',
  reads: 'packages.lock.json',
  version: 1,
  maxFileBytes: MAX_JSON_BYTES,
  endings: ['packages.lock.json'],
  wants: ({ path }) => isNamed(path, 'packages.lock.json'),
  begin: eachFile(({ path, content }) => parsePackagesLock(content, path)),
};

export const nugetConfig: Analyzer = {
  id: 'nuget-config',
  reads: 'packages.config',
  version: 1,
  maxFileBytes: MAX_XML_BYTES,
  endings: ['packages.config'],
  wants: ({ path }) => isNamed(path, 'packages.config'),
  begin: eachFile(({ path, content }) => parsePackagesConfig(content, path)),
};

/** `Directory.Packages.props`, or another name that ends so, in any case. */
export const packagesProps: Analyzer = {
  id: 'packages-props',
  reads: '*Packages.props',
  version: 1,
  maxFileBytes: MAX_XML_BYTES,
  endings: ['props'],
  wants: ({ path }) => hasEnding(path, 'props') && path.slice(-PROPS.length).toLowerCase() === PROPS,
  begin: eachFile(({ path, content }) => parsePackagesProps(content, path)),
};
