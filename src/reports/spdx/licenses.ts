import { createHash } from 'node:crypto';
import { replaceLicenses } from '../../codec/spdx-expression.ts';

/** Licences that are not on the SPDX list have to be defined by the document. */
export interface OwnLicenses {
  /** One expression for all of a package's licences. */
  expressionOf(licenses: readonly string[]): string;
  /** Names by `LicenseRef-…`, in order of their ids. */
  all(): readonly (readonly [id: string, name: string])[];
}

export function openOwnLicenses(): OwnLicenses {
  const names = new Map<string, string>();
  const define = (name: string): string => {
    const id = `LicenseRef-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
    names.set(id, name);
    return id;
  };
  const expressionOf = (license: string): string => replaceLicenses(license, define) ?? define(license);
  return {
    expressionOf(licenses) {
      const [only] = licenses;
      if (only === undefined) return 'NOASSERTION';
      if (licenses.length === 1) return expressionOf(only);
      const expressions = licenses.map(expressionOf);
      return expressions.map(grouped).join(' AND ');
    },
    all: () => [...names].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** `OR` binds less than the `AND` that joins it to others. */
function grouped(expression: string): string {
  const isGroup = expression.startsWith('(') && expression.indexOf(')') === expression.length - 1;
  return expression.includes(' OR ') && !isGroup ? `(${expression})` : expression;
}
