import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { maven } from '../../src/versions/maven.ts';
import { compareText } from '../../src/versions/scheme.ts';

const LIBRARIES = '/usr/share/maven/lib';
const CLASS = 'org.apache.maven.artifact.versioning.ComparableVersion';
const PER_RUN = 20_000;
const full = process.env['DRYDOCK_FULL'] === '1';
const hasMaven = existsSync(LIBRARIES) && spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;

const PARTS = [
  ...[
    '0',
    '1',
    '2',
    '10',
    '00',
    '01',
    '',
    'a',
    'a1',
    'alpha',
    'alpha1',
    'b2',
    'beta',
    'm1',
    'milestone',
    'rc',
  ],
  ...['rc1', 'cr2', 'snapshot', 'ga', 'final', 'release', 'sp', 'sp1', 'x', 'xyz', 'jre8', '1a', '20230101'],
];

/** Any chain of parts, from a generator with a fixed seed. */
function randomVersions(count: number): string[] {
  let state = 20_261_121;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => {
    const length = 1 + next(5);
    const first = PARTS[next(PARTS.length)] || '1';
    const rest = Array.from({ length: length - 1 }, () => `${'.-'[next(2)]}${PARTS[next(PARTS.length)]}`);
    return first + rest.join('');
  });
}

/** What Maven says of each two that follow one another. */
function compareByMaven(versions: readonly string[]): number[] {
  const { stdout, status } = spawnSync('java', ['-cp', `${LIBRARIES}/*`, CLASS, ...versions], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(status).toBe(0);
  const signs: Readonly<Record<string, number>> = { '<': -1, '==': 0, '>': 1 };
  return stdout.split('\n').flatMap((line) => {
    const [, sign] = /^ {3}\S+ (<|==|>) \S+$/.exec(line) ?? [];
    return sign === undefined ? [] : [signs[sign] ?? NaN];
  });
}

describe.skipIf(!hasMaven)('Maven versions against Maven itself (needs java and maven)', () => {
  test('agree', { timeout: 300_000 }, () => {
    const versions = randomVersions(full ? 100_001 : 4_001);
    const wrong: string[] = [];
    for (let start = 0; start < versions.length - 1; start += PER_RUN) {
      const some = versions.slice(start, start + PER_RUN + 1);
      const expected = compareByMaven(some);
      expect(expected).toHaveLength(some.length - 1);
      expected.forEach((sign, index) => {
        const [a = '', b = ''] = [some[index], some[index + 1]];
        const own = Math.sign(compareText(maven, a, b) ?? NaN);
        if (own !== sign) wrong.push(`${a} ${b}: ${own}, Maven ${sign}`);
      });
    }
    expect(wrong.slice(0, 30)).toEqual([]);
  });
});
