import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apk } from '../../src/versions/apk.ts';
import { compareText } from '../../src/versions/scheme.ts';
import { shared } from '../fixtures/shared.ts';

/** apk-tools 2.14 of a real image, run by that image's own loader. */
const IMAGE = 'data/images/alpine-3.20.3-x86_64.tar.gz';
const canRun = shared !== undefined && process.platform === 'linux' && process.arch === 'x64';
const full = process.env['DRYDOCK_FULL'] === '1';

/** Without what apk-tools 3 changed: hashes, digits after a letter, components of zeros alone or of unequal length after them. */
const VERSIONS: readonly string[] = [
  ...[
    '0',
    '1',
    '01',
    '1.0',
    '1.01',
    '1.1',
    '1.10',
    '1.09',
    '1.2.3',
    '1.0a',
    '1.0b',
    '1a',
    '6b-r7',
    '1.0-r0',
    '1.0-r01',
    '1.0-r10',
  ],
  ...[
    '1.0_alpha',
    '1.0_alpha1',
    '1.0_alpha_pre2',
    '1.0_beta',
    '1.0_pre1',
    '1.0_rc1',
    '1.0_rc1-r1',
    '1.0_cvs',
    '1.0_svn',
    '1.0_git20240923',
  ],
  ...[
    '1.0_hg',
    '1.0_p',
    '1.0_p0',
    '1.0_p1',
    '1.0_p10-r0',
    '1.0_p1_alpha',
    '1.0a_p1',
    '20050718-r2',
    '3.21.0_alpha20240923',
    '1.1.1k-r0',
  ],
];

const ASK_APK = `
cd "$1" || exit 1
while read -r a b; do ./lib/ld-musl-x86_64.so.1 --library-path lib:usr/lib sbin/apk version -t "$a" "$b"; done`;

describe.skipIf(!canRun)('apk agrees with apk version -t (needs ../shared, Linux on x64)', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'drydock-apk-'));
    spawnSync('tar', ['-xzf', join(shared ?? '', IMAGE), '-C', root, './sbin/apk', './lib', './usr/lib']);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('on all pairs of a set of boundaries', { timeout: 120_000 }, () => {
    const pairs = VERSIONS.flatMap((a, i) =>
      (full ? VERSIONS : VERSIONS.slice(i)).map((b) => [a, b] as const),
    );
    const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('');
    const { stdout } = spawnSync('sh', ['-c', ASK_APK, 'sh', root], { input, encoding: 'utf8' });
    const answers = stdout.trim().split('\n');
    expect(answers).toHaveLength(pairs.length);
    const differing = pairs.flatMap(([a, b], i) => {
      const order = compareText(apk, a, b) ?? Number.NaN;
      const sign = order < 0 ? '<' : order > 0 ? '>' : '=';
      return sign === answers[i] ? [] : [`${a} ${answers[i]} ${b}, not ${sign}`];
    });
    expect(differing).toEqual([]);
  });
});
