import type { LicenseClue } from '../../model/analysis.ts';
import { normalizeLicense, readLicense } from './normalize-license.ts';

/** A file says which licence it is under at its beginning. */
const HEAD_CHARS = 16 << 10;
const MAX_TAGS = 20;
const TAG = 'SPDX-License-Identifier:';
/** A notice names a licence, and does not hold its text; the same words may stand in another sentence. */
const NOTICE_CONFIDENCE = 0.95;

/** Phrases of notices in words without punctuation. */
const PHRASES: readonly (readonly [phrase: string, id: string])[] = [
  ['licensed under the apache license version 2.0', 'Apache-2.0'],
  ['licenses this file to you under the apache license version 2.0', 'Apache-2.0'],
  ['subject to the terms of the mozilla public license v. 2.0', 'MPL-2.0'],
  ['subject to the mozilla public license version 1.1', 'MPL-1.1'],
  ['under the terms of the eclipse public license v1.0', 'EPL-1.0'],
  ['under the terms of the eclipse public license 2.0', 'EPL-2.0'],
  ['under the terms of the eclipse public license v. 2.0', 'EPL-2.0'],
  ['licensed under the mit license', 'MIT'],
  ['released under the mit license', 'MIT'],
  ['under the terms of the mit license', 'MIT'],
  ['distributed under the boost software license version 1.0', 'BSL-1.0'],
  ['distributed under the mit software license', 'MIT'],
];
const GNU_NAME = 'general public license';
const MAX_GNU_NOTICES = 20;

/** Licences that the beginning of a file says it is under: by an SPDX tag, else by the usual notices. */
export function readLicenseNotices(text: string): LicenseClue[] {
  const head = text.slice(0, HEAD_CHARS);
  const tagged = tagsIn(head);
  if (tagged.length > 0) return tagged.map((name) => ({ name, confidence: 1 }));
  const words = head
    .toLowerCase()
    .replaceAll(/[^a-z0-9.+]+/g, ' ')
    .replaceAll('licence', 'license');
  const said = PHRASES.filter(([phrase]) => words.includes(phrase)).map(([, id]) => id);
  const names = new Set([...said, ...gnuNoticesIn(words)]);
  return [...names].map((name) => ({ name, confidence: NOTICE_CONFIDENCE }));
}

/** @see https://spdx.dev/learn/handling-license-info/ */
function tagsIn(head: string): string[] {
  const found = new Set<string>();
  let tags = 0;
  for (let at = head.indexOf(TAG); at >= 0 && tags < MAX_TAGS; at = head.indexOf(TAG, at + 1)) {
    tags++;
    const [line = ''] = head.slice(at + TAG.length, at + TAG.length + 200).split('\n', 1);
    const expression = line.replace(/(?:\*\/|-->|#>|"""|\*\)|["';]).*$/s, '').trim();
    if (readLicense(expression)) found.add(normalizeLicense(expression));
  }
  return [...found];
}

/** `GNU Lesser General Public License as published by …; either version 2.1 of the License, or … any later version`. */
function gnuNoticesIn(words: string): string[] {
  const found = new Set<string>();
  let at = words.indexOf(GNU_NAME);
  for (let count = 0; at >= 0 && count < MAX_GNU_NOTICES; count++) {
    const name = gnuNoticeAt(words, at);
    if (name !== undefined) found.add(name);
    at = words.indexOf(GNU_NAME, at + 1);
  }
  return [...found];
}

function gnuNoticeAt(words: string, at: number): string | undefined {
  const before = words.slice(Math.max(0, at - 80), at);
  const after = words.slice(at + GNU_NAME.length, at + GNU_NAME.length + 260);
  if (!/ under the (?:terms|conditions)| under the gnu /.test(before) || !after.includes(' published by '))
    return undefined;
  const version = /(?:^| )version ([0-9]+(?:\.[0-9]+)?)/.exec(after)?.[1];
  if (version === undefined) return undefined;
  const family = /affero $/.test(before) ? 'AGPL' : /(?:lesser|library) $/.test(before) ? 'LGPL' : 'GPL';
  const name = `${family}-${version}${after.includes('any later version') ? '+' : ''}`;
  return readLicense(name) && normalizeLicense(name);
}
