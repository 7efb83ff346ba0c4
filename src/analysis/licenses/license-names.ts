import { SPDX_EXCEPTION_IDS, SPDX_LICENSE_IDS } from '../../codec/spdx-license-ids.ts';
import { findGnuLicense } from './gnu-name.ts';
import { nameKey } from './name-key.ts';

/** Keys of names that are in use, by the id or expression that they mean. */
const ALIASES = `
  MIT: expat | mit expat | mit x 11 | x 11 mit | mit x | mit style | mit like | jquery | bouncy castle | mit mit
  MIT-0: mit no by | mit zero
  Apache-2.0: apache | apache 2 0 | al 2 | apache public 2 | apache 2 apache
  Apache-1.1: apache 1.1
  BSD-2-Clause: 2 clause bsd | bsd 2 | simplified bsd | bsd simplified | freebsd | bsd 2 clause simplified
    | bsd two clause | two clause bsd | 2 clause simplified bsd | bsd 2 clauses
  BSD-3-Clause: bsd | 3 clause bsd | bsd 3 | new bsd | bsd new | modified bsd | bsd modified | revised bsd | edl
    | bsd revised | bsd 3 clause new or revised | bsd 3 clause new | bsd three clause | three clause bsd | edl 1 | go
    | new or revised bsd | new bsd 3 clause | bsd 3 clause modified | edl 1 bsd | bsd 3 clauses | 3 clause new bsd
  BSD-4-Clause: 4 clause bsd | bsd 4 | bsd original | original bsd | bsd with advertising | bsd 4 clause original or old
  0BSD: 0 bsd | bsd 0 clause | zero clause bsd | bsd zero clause | free public 1
  ISC: isc isc | iscl
  Zlib: zlib libpng | zlib png | libpng zlib
  Libpng: libpng
  MPL-2.0: mpl
  EPL-1.0: epl
  EPL-2.0: epl 2
  CPL-1.0: cpl
  CDDL-1.0: cddl
  CDDL-1.1: cddl 1.1
  BSL-1.0: bsl
  CC0-1.0: cc 0 | cc 0 1 | cc 1 | cc 0 1 public domain dedication | cc 0 1 cc 0 1 public domain dedication
    | public domain cc 0 | cc 0 public domain dedication
  Unlicense: unlicense unlicense
  Artistic-1.0: artistic
  Artistic-2.0: artistic 2 perl
  Artistic-1.0-Perl OR GPL-1.0-or-later: perl | perl 5 | same as perl itself | same as perl | same as perl 5
    | artistic gpl | artistic or gpl
  PSF-2.0: psf | python | psf 2
  Python-2.0: python 2
  CNRI-Python: cnri python
  ZPL-2.1: zpl
  OLDAP-2.8: openldap | openldap public | openldap 2.8
  OFL-1.1: ofl
  PHP-3.01: php
  WTFPL: do what fuck you want to public | do what you want to public | wtfpl 2 | wtf public
  HPND: historical permission notice and disclaimer | historical permission notice disclaimer
    | historical permission notice and disclaimer hpnd
  PostgreSQL: postgres
  NCSA: university of illinois ncsa open source | ncsa illinois open source | illinois ncsa open source | uiuc
  Vim: vim charityware
  LPPL-1.3c: lppl 1.3 c | lppl | latex project public
  W3C: w 3 c | w 3 c notice
  CC-BY-SA-3.0: cc by sa
  curl: curl derivative
  bzip2-1.0.6: bzip 2 | bsd variant bzip
  Info-ZIP: info zip | infozip
  TCL: tcl tk | tcl
  Unicode-DFS-2016: unicode | unicode data files
  Unicode-3.0: unicode 3
  UPL-1.0: upl
  Beerware: beer ware | beer
  Ruby: ruby
  MS-PL: mspl
  public-domain: public domain | pd | dedicated to public domain | in public domain | publicdomain
`;

/** Exceptions by the key of their usual name; `2` and `3` behind it ask for that version of the GPL. */
const EXCEPTION_ALIASES: ReadonlyMap<string, string> = new Map([
  ['autoconf 2', 'Autoconf-exception-2.0'],
  ['autoconf 3', 'Autoconf-exception-3.0'],
  ['bison 2', 'Bison-exception-2.2'],
  ['bison 3', 'Bison-exception-2.2'],
  ['classpath 2', 'Classpath-exception-2.0'],
  ['classpath 3', 'Classpath-exception-2.0'],
  ['ce 2', 'Classpath-exception-2.0'],
  ['cpe 2', 'Classpath-exception-2.0'],
  ['font 2', 'Font-exception-2.0'],
  ['font 3', 'Font-exception-2.0'],
  ['gcc 2', 'GCC-exception-2.0'],
  ['gcc 3', 'GCC-exception-3.1'],
  ['gcc runtime library 3', 'GCC-exception-3.1'],
  ['libtool 2', 'Libtool-exception'],
  ['libtool 3', 'Libtool-exception'],
  ['llvm 2', 'LLVM-exception'],
  ['linux syscall note 2', 'Linux-syscall-note'],
]);

const IDS_BY_KEY: ReadonlyMap<string, string> = indexNames();
const EXCEPTIONS_BY_KEY: ReadonlyMap<string, string> = new Map(
  [...SPDX_EXCEPTION_IDS].map((id) => [nameKey(id), id]),
);
const IDS_BY_LOWER_CASE: ReadonlyMap<string, string> = new Map(
  [...SPDX_LICENSE_IDS].map((id) => [id.toLowerCase(), id]),
);

function indexNames(): Map<string, string> {
  const index = new Map([...SPDX_LICENSE_IDS].map((id) => [nameKey(id), id]));
  for (const line of ALIASES.replaceAll(/\n\s+\|/g, ' |')
    .trim()
    .split('\n')) {
    const [id = '', names = ''] = line.split(': ');
    for (const name of names.split(' | ')) index.set(name.trim(), id.trim());
  }
  return index;
}

/**
 * The SPDX id that one name stands for, whatever its spelling; for a few names an expression, and `public-domain`, which
 * is on no list. Ids that the list has given up become their successors.
 */
export function findLicense(name: string): string | undefined {
  const exact = IDS_BY_LOWER_CASE.get(name.toLowerCase());
  const key = nameKey(name);
  if (key === '') return undefined;
  return findGnuLicense(key) ?? exact ?? IDS_BY_KEY.get(key);
}

/** The SPDX id of an exception to `license`. */
export function findException(name: string, license: string): string | undefined {
  if (SPDX_EXCEPTION_IDS.has(name)) return name;
  const key = nameKey(name);
  const words = key.split(' ').filter((word) => !/^(?:exceptions?|linking|special|[0-9].*)$/.test(word));
  const generation = license.includes('GPL-3.0') ? '3' : '2';
  return EXCEPTION_ALIASES.get(`${words.join(' ')} ${generation}`) ?? EXCEPTIONS_BY_KEY.get(key);
}
