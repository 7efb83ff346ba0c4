/** Addresses without scheme, `www.` and ending, and the names they stand for. */
const ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['apache.org/licenses', 'Apache-2.0'],
  ['apache.org/licenses/license', 'Apache-1.1'],
  ['gnu.org/copyleft/gpl', 'GPL'],
  ['gnu.org/copyleft/lesser', 'LGPL'],
  ['gnu.org/licenses/lesser', 'LGPL'],
  ['unlicense.org', 'Unlicense'],
  ['jquery.org/license', 'MIT'],
  ['wtfpl.net', 'WTFPL'],
  ['sam.zoy.org/wtfpl', 'WTFPL'],
  ['json.org/license', 'JSON'],
  ['bouncycastle.org/licence', 'MIT'],
  ['golang.org/license', 'BSD-3-Clause'],
  ['scripts.sil.org/ofl', 'OFL-1.1'],
  ['antlr.org/license', 'BSD-3-Clause'],
  ['asm.objectweb.org/license', 'BSD-3-Clause'],
  ['asm.ow2.org/license', 'BSD-3-Clause'],
  ['h2database.com/html/license', 'MPL-2.0 OR EPL-1.0'],
  ['glassfish.dev.java.net/public/cddl+gpl', 'CDDL-1.1 OR GPL-2.0-with-classpath-exception'],
  ['glassfish.java.net/public/cddl+gpl_1_1', 'CDDL-1.1 OR GPL-2.0-with-classpath-exception'],
  ['javaee.github.io/glassfish/license', 'CDDL-1.1 OR GPL-2.0-with-classpath-exception'],
  ['opensource.apple.com/license/apsl', 'APSL-2.0'],
]);

/** Where the last part of the address is the name. */
const NAMED_LAST = [
  'opensource.org/licenses/',
  'opensource.org/license/',
  'spdx.org/licenses/',
  'choosealicense.com/licenses/',
  'gnu.org/licenses/old-licenses/',
  'gnu.org/licenses/',
  'gnu.org/copyleft/',
  'apache.org/licenses/license-',
  'mozilla.org/media/mpl/',
  'mozilla.org/mpl/',
  'eclipse.org/legal/',
  'eclipse.org/org/documents/',
  'creativecommons.org/publicdomain/zero/',
  'creativecommons.org/licenses/',
  'boost.org/license_',
  'repository.jboss.org/licenses/',
] as const;

/** What has to stand before the last part to make it a name. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['apache.org/licenses/license-', 'Apache '],
  ['mozilla.org/media/mpl/', 'MPL '],
  ['mozilla.org/mpl/', 'MPL '],
  ['creativecommons.org/publicdomain/zero/', 'CC0 '],
  ['creativecommons.org/licenses/', 'CC '],
  ['boost.org/license_', 'Boost '],
]);

const MAX_CHARS = 300;

/** The name of the licence that an address leads to, as far as the address tells; undefined for any other text. */
export function licenseNameOfUrl(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  if (!/^(?:https?:\/\/|www\.)/.test(lower) || lower.length > MAX_CHARS) return undefined;
  const address = lower
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[#?].*$/s, '')
    .replace(/\/$/, '')
    .replace(/\.(?:html?|txt|php|md|pdf|en)$/, '');
  const known = ADDRESSES.get(address);
  if (known !== undefined) return known;
  const start = NAMED_LAST.find((prefix) => address.startsWith(prefix));
  if (start === undefined) return undefined;
  const rest = address.slice(start.length).replaceAll(/[/_]/g, ' ');
  return `${PREFIXES.get(start) ?? ''}${rest.replaceAll('-v10', '-1.0').replaceAll('-v20', '-2.0')}`;
}
