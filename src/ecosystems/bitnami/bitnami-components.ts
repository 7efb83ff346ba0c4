import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding } from '../path-ending.ts';
import { parseSpdx } from './parse-spdx.ts';

const FOLDER = 'opt/bitnami/';
const PREFIX = '.spdx-';

/** `opt/bitnami/COMPONENT/.spdx-COMPONENT.spdx` */
export const bitnamiComponents: Analyzer = {
  id: 'bitnami-spdx',
  reads: 'opt/bitnami/**/.spdx-*.spdx',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: 16 << 20,
  endings: ['.spdx'],
  wants: ({ path }) =>
    hasEnding(path, '.spdx') && path.startsWith(FOLDER) && path.startsWith(PREFIX, path.lastIndexOf('/') + 1),
  begin: eachFile(({ path, content }) => parseSpdx(content, path)),
};
