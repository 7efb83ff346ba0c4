import { SPDX_EXCEPTION_IDS, SPDX_LICENSE_IDS } from './spdx-license-ids.ts';

/** Longer ones are texts of licences. */
const MAX_CHARS = 4096;
const MAX_DEPTH = 50;

const TOKENS = /[()]|[^\s()]+/g;
const OWN_LICENSE = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/;
const NAME = /^[A-Za-z0-9.-]+\+?$/;

/** Whether a text is the id of a licence on the SPDX list, spelt as there. */
export function isSpdxLicenseId(text: string): boolean {
  return SPDX_LICENSE_IDS.has(text);
}

/** Whether a text is a licence expression all of whose licences are on the SPDX list, or references of a document. */
export function isSpdxExpression(text: string): boolean {
  let isKnown = true;
  const replaced = replaceLicenses(text, (name) => {
    if (!OWN_LICENSE.test(name)) isKnown = false;
    return name;
  });
  return replaced !== undefined && isKnown;
}

/**
 * An expression with each licence that is not on the SPDX list replaced, be it a reference within another document;
 * undefined for text that is no expression.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function replaceLicenses(text: string, replace: (name: string) => string): string | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const tokens = text.match(TOKENS) ?? [];
  const out: string[] = [];
  let expects: 'license' | 'operator' = 'license';
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    if (expects === 'license') {
      if (token === '(' && ++depth <= MAX_DEPTH) {
        out.push(token);
        continue;
      }
      const isNamed = token !== '(' && token !== ')' && !/^(?:AND|OR|WITH)$/.test(token);
      if (!isNamed || !(NAME.test(token) || OWN_LICENSE.test(token))) return undefined;
      const exception = tokens[at + 1] === 'WITH' ? (tokens[at + 2] ?? '') : undefined;
      if (exception !== undefined) at += 2;
      out.push(licenseIn(token, exception, replace));
      expects = 'operator';
    } else if (token === ')' && depth > 0) {
      depth--;
      out.push(token);
    } else if (token === 'AND' || token === 'OR') {
      out.push(token);
      expects = 'license';
    } else return undefined;
  }
  if (expects === 'license' || depth > 0) return undefined;
  return out.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

function licenseIn(name: string, exception: string | undefined, replace: (name: string) => string): string {
  const whole = exception === undefined ? name : `${name} WITH ${exception}`;
  const isKnown = SPDX_LICENSE_IDS.has(name.replace(/\+$/, ''));
  return isKnown && (exception === undefined || SPDX_EXCEPTION_IDS.has(exception)) ? whole : replace(whole);
}
