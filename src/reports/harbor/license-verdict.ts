import { foldExpression } from '../../codec/spdx-fold.ts';
import { isSpdxLicenseId } from '../../codec/spdx-expression.ts';

export type LicenseVerdict = 'allowed' | 'denied' | 'unknown';

/** What an asker holds of licences: SPDX ids, with their exceptions where those matter. */
export interface LicensePolicy {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/**
 * Judges licences and expressions. What is denied is so whatever is allowed. With a list of what is allowed every other
 * licence of the SPDX list is denied, with none every other one is allowed; names that are on neither list are unknown,
 * as is everything where there is no list at all. Of `OR` the best may be chosen, of `AND` the worst counts.
 */
export function openLicenseVerdicts({ allow, deny }: LicensePolicy): (license: string) => LicenseVerdict {
  const [allowed, denied] = [allow, deny].map((list) => new Set(list.map((id) => id.toLowerCase())));
  const isOn = (list: ReadonlySet<string> | undefined, names: readonly string[]): boolean =>
    names.some((name) => list?.has(name.toLowerCase()) === true);

  function verdictOf(name: string, exception: string | undefined): LicenseVerdict {
    const base = name.replace(/(?:-only|-or-later|\+)$/, '');
    const names = [...(exception === undefined ? [] : [`${name} WITH ${exception}`]), name, base];
    if (isOn(denied, names)) return 'denied';
    if (isOn(allowed, names)) return 'allowed';
    const isKnown = isSpdxLicenseId(name) || isSpdxLicenseId(base);
    if (!isKnown || (allow.length === 0 && deny.length === 0)) return 'unknown';
    return allow.length > 0 ? 'denied' : 'allowed';
  }

  return (license) =>
    foldExpression<LicenseVerdict>(license, {
      license: verdictOf,
      and: (operands) => firstOf(['denied', 'unknown', 'allowed'], operands),
      or: (operands) => firstOf(['allowed', 'unknown', 'denied'], operands),
    }) ?? verdictOf(license, undefined);
}

function firstOf(order: readonly LicenseVerdict[], found: readonly LicenseVerdict[]): LicenseVerdict {
  return order.find((verdict) => found.includes(verdict)) ?? 'unknown';
}

const GNU = /^[AL]?GPL(?:-|$)|^GFDL(?:-|$)/i;

/** Whether what is under it can be had under GNU's licences (GPL, LGPL, AGPL, GFDL) only. */
export function isGnuLicensed(license: string): boolean {
  return (
    foldExpression<boolean>(license, {
      license: (name) => GNU.test(name),
      and: (operands) => operands.some(Boolean),
      or: (operands) => operands.every(Boolean),
    }) ?? GNU.test(license)
  );
}
