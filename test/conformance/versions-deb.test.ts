import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { deb } from '../../src/versions/deb.ts';
import { compareText } from '../../src/versions/scheme.ts';

type Pair = readonly [string, string];

const full = process.env['DRYDOCK_FULL'] === '1';
const hasDpkg = spawnSync('dpkg', ['--version'], { stdio: 'ignore' }).status === 0;
const SHELLS = 2;

/** Every part at its edges: empty, zero, tilde, letters against symbols, long digits, epochs, hyphens, refusals. */
const BOUNDARY: readonly string[] = [
  ...[
    '0',
    '1',
    '01',
    '1.0',
    '1.00',
    '1.',
    '1.0-0',
    '1.0-1',
    '1.0~',
    '1.0~~',
    '1.0~-1',
    '1.0+',
    '1.0a',
    '1.0Z',
    '1.0.',
    '1.0:1',
  ],
  ...[
    '0:1.0',
    '1:1.0',
    '01:1.0',
    '1.0-1~',
    '1.0-1.1',
    '1.0-1-1',
    '~',
    'a',
    '1.9',
    '1.10',
    '1.0-',
    ':1',
    '1:',
    'x:1',
  ],
];
const MORE_BOUNDARY: readonly string[] = [
  ...[
    '1~',
    '1~~a',
    '1~0',
    '1+0',
    '1-~',
    '1-~~',
    '1-a',
    '1-+',
    '1-.',
    'A',
    'Z',
    'z',
    '+',
    '.',
    '..',
    '0.0',
    '00',
    '000-0',
    '1a',
    '1a0',
  ],
  ...[
    '1a1',
    '1aa',
    '1ab',
    '1b',
    '1.a',
    '1.~',
    '1+~',
    '1~+',
    '1~a',
    '1~.',
    '18446744073709551615',
    '18446744073709551616',
    '0018446744073709551615',
  ],
  ...[
    '9007199254740992',
    '9007199254740993',
    '1.99999999999999999999999999',
    '1.100000000000000000000000000',
    '2147483647:1',
    '2147483648:1',
  ],
  ...[
    '+1:1',
    '-1:1',
    '-0:1',
    '99999999999999999999:1',
    '1:2:3',
    '1:2-3:4',
    '1_0',
    '1/0',
    '1é',
    '1\u{1f600}',
    '1=',
    '1^',
    '1!',
    '1@',
    '1{',
    '-1',
    '1--1',
  ],
  ...[
    '2.36-9+deb12u10',
    '2.36-9+deb12u4',
    '1.1.1n-0+deb11u5',
    '3.0.11-1~deb12u2',
    '1:9.2p1-2+deb12u2',
    '7.88.1-10+deb12u5+b1',
    '1.2.3ubuntu1',
    '1.2.3ubuntu1.1',
  ],
];

const allPairs = (set: readonly string[]): Pair[] => set.flatMap((a) => set.map((b): Pair => [a, b]));

/** A fixed seed, so that a failure can be seen again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomPairs(count: number): Pair[] {
  const next = random(20_240_923);
  const alphabet = '0011299aabzAZ..++~~--::_é';
  const text = (length: number): string =>
    Array.from({ length }, () => alphabet[next(alphabet.length)] ?? '0').join('');
  const version = (): string => {
    const epoch = next(6) === 0 ? `${next(3)}:` : '';
    const start = next(10) === 0 ? '' : String(next(3));
    return `${epoch}${start}${text(next(7))}${next(2) ? '' : `-${next(3)}${text(next(3))}`}` || '0';
  };
  const near = (of: string): string => {
    const at = next(of.length + 1);
    return of.slice(0, at) + text(next(2)) + of.slice(at + next(2)) || '0';
  };
  return Array.from({ length: count }, (): Pair => {
    const a = version();
    return [a, next(2) ? near(a) : version()];
  });
}

/** A leading blank, which dpkg trims, keeps versions with a leading hyphen from being read as options. */
const ASK_DPKG = `
while IFS= read -r a && IFS= read -r b; do
  dpkg --compare-versions " $a" lt " $b" && echo lt && continue
  [ $? = 1 ] || { echo bad; continue; }
  if dpkg --compare-versions " $a" gt " $b"; then echo gt; else echo eq; fi
done`;

function askDpkg(pairs: readonly Pair[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const shell = spawn('sh', ['-c', ASK_DPKG], { stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    shell.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    shell.on('error', reject);
    shell.on('close', () => resolve(Buffer.concat(chunks).toString().trim().split('\n')));
    shell.stdin.end(pairs.map(([a, b]) => `${a}\n${b}\n`).join(''));
  });
}

function ask(a: string, b: string): string {
  const order = compareText(deb, a, b);
  if (order === undefined) return 'bad';
  return order < 0 ? 'lt' : order > 0 ? 'gt' : 'eq';
}

describe.skipIf(!hasDpkg)('deb agrees with dpkg --compare-versions (needs dpkg)', () => {
  const pairs = full
    ? [...allPairs([...BOUNDARY, ...MORE_BOUNDARY]), ...randomPairs(100_000)]
    : [...allPairs(BOUNDARY), ...randomPairs(600)];

  test(`on ${pairs.length} pairs`, { timeout: full ? 3_600_000 : 120_000 }, async () => {
    const share = Math.ceil(pairs.length / SHELLS);
    const answers = await Promise.all(
      Array.from({ length: SHELLS }, (_, i) => askDpkg(pairs.slice(i * share, (i + 1) * share))),
    );
    const expected = answers.flat();
    expect(expected).toHaveLength(pairs.length);
    const differing = pairs.flatMap(([a, b], i) =>
      ask(a, b) === expected[i] ? [] : [`${a} ${expected[i]} ${b}, not ${ask(a, b)}`],
    );
    expect(differing).toEqual([]);
  });
});
