import type { Setting } from './setting.ts';

/** Settings of `drydock compare`. Its flags have names that other commands give another meaning. */
export const compareSettings = {
  compareScanners: {
    kind: 'texts',
    default: ['drydock', 'trivy'],
    flag: 'scanners',
    suggested: ['drydock', 'trivy', 'grype'],
    group: 'compare',
    placeholder: 'list',
    description: 'the two to compare: drydock, trivy, grype, or names of the file of scanners',
  },
  compareFormat: {
    kind: 'choice',
    default: 'table',
    values: ['table', 'json'],
    flag: 'format',
    short: 'f',
    group: 'compare',
    description: 'how the comparison is told',
  },
  compareOutput: {
    kind: 'path',
    flag: 'output',
    short: 'o',
    group: 'compare',
    placeholder: 'file',
    description: 'write it to this file (default: standard output)',
  },
  compareExitCode: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 255,
    flag: 'exit-code',
    group: 'compare',
    placeholder: 'code',
    description: 'exit with this code when the two do not agree',
  },
} as const satisfies Record<string, Setting>;
