// Writes src/analysis/licenses/text/fingerprint-data.ts out of the official texts of licences, of which hashes are kept.
// Usage: node scripts/make-license-fingerprints.mjs FOLDER, where FOLDER holds ID.txt, or ID.json with `licenseText`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const IDS = `
  0BSD AFL-2.1 AFL-3.0 AGPL-1.0 AGPL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 APSL-2.0 Artistic-1.0 Artistic-1.0-Perl Artistic-2.0
  Beerware BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear
  BSD-4-Clause BSD-4-Clause-UC BSD-Source-Code BSL-1.0 BUSL-1.1 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-3.0
  CC-BY-NC-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPAL-1.0 CPL-1.0 curl ECL-2.0 Elastic-2.0
  EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FSFAP FTL GFDL-1.2 GFDL-1.3 GPL-1.0 GPL-2.0 GPL-3.0 HPND IJG ICU ImageMagick IPL-1.0 ISC
  JSON LGPL-2.0 LGPL-2.1 LGPL-3.0 Libpng libtiff LPPL-1.3c MIT MIT-0 MIT-CMU MPL-1.0 MPL-1.1 MPL-2.0 MS-PL MS-RL
  MulanPSL-2.0 NCSA NPL-1.0 NPL-1.1 NTP OFL-1.1 OLDAP-2.8 OpenSSL OSL-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby
  SISSL Sleepycat SSPL-1.0 TCL Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C W3C-20150513 WTFPL X11
  Zend-2.0 Zlib ZPL-2.1
`
  .trim()
  .split(/\s+/);

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: make-license-fingerprints.mjs FOLDER');
const { encodeFingerprint, fingerprintOf } = await load('../src/analysis/licenses/text/fingerprint.ts');
/** What official texts hold beside the terms: the GPL behind those of the LGPL, names of owners. */
const EDITS = new Map([
  ['LGPL-3.0', (text) => text.split(/GNU GENERAL PUBLIC LICENSE\s+Version 3/)[0]],
  ['ISC', (text) => text.replaceAll(/\bISC\b/g, 'author')],
]);
const lines = IDS.map((id) => encodeFingerprint(fingerprintOf(id, ownTextOf(id))));
const head = `/**
 * Made by scripts/make-license-fingerprints.mjs; see fingerprint.ts. A line for each licence: its id, how many shingles
 * its text has, and hashes of them.
 */
export const LICENSE_FINGERPRINTS = \`
`;
const target = new URL('../src/analysis/licenses/text/fingerprint-data.ts', import.meta.url);
writeFileSync(target, `${head}${lines.join('\n')}\n\`;\n`);

function ownTextOf(id) {
  const edit = EDITS.get(id) ?? ((text) => text);
  return edit(textOf(id));
}

function textOf(id) {
  const plain = join(folder, `${id}.txt`);
  return existsSync(plain)
    ? readFileSync(plain, 'utf8')
    : JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')).licenseText;
}

/** A module of the program, which is TypeScript. */
async function load(path) {
  const entry = new URL(path, import.meta.url).pathname;
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
