import type { Setting } from './setting.ts';

/** Which licences are of which category. */
export const licenseSettings = {
  licenseForbidden: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category forbidden, instead of the usual ones',
  },
  licenseRestricted: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category restricted, instead of the usual ones',
  },
  licenseReciprocal: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category reciprocal, instead of the usual ones',
  },
  licenseNotice: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category notice, instead of the usual ones',
  },
  licensePermissive: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category permissive, instead of the usual ones',
  },
  licenseUnencumbered: {
    kind: 'texts',
    default: [],
    flag: false,
    group: 'scan',
    placeholder: 'ids',
    description: 'licences of the category unencumbered, instead of the usual ones',
  },
} as const satisfies Record<string, Setting>;
