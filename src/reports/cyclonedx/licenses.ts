import { isSpdxExpression, isSpdxLicenseId } from '../../codec/spdx-expression.ts';

/** One expression alone, or ids and names: the format does not allow both. */
export function cycloneDxLicenses(licenses: readonly string[]): unknown[] | undefined {
  const [only] = licenses;
  if (only === undefined) return undefined;
  if (licenses.length === 1 && !isSpdxLicenseId(only) && isSpdxExpression(only))
    return [{ expression: only }];
  return licenses.map((license) => ({
    license: isSpdxLicenseId(license) ? { id: license } : { name: license },
  }));
}
