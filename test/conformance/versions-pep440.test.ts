import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { pep440 } from '../../src/versions/pep440.ts';
import { compareText } from '../../src/versions/scheme.ts';

const full = process.env['DRYDOCK_FULL'] === '1';

/** Reads triples of (version, version, specifier) and says how Python orders and judges them. */
const PROGRAM = `
import json, sys
import packaging
from packaging.version import Version
from packaging.specifiers import SpecifierSet
# Older ones leave out more than the specification says.
assert int(packaging.__version__.split('.')[0]) >= 26
answers = []
for a, b, spec in json.load(sys.stdin):
    left, right = Version(a), Version(b)
    # An advisory's '<' also has the pre-releases of its bound, which a requirement's leaves out.
    holds = all(
        left < Version(clause[1:]) if clause[0] == '<' and clause[1] != '='
        else SpecifierSet(clause).contains(a, prereleases=True)
        for clause in spec.split(',')
    )
    answers.append([(left > right) - (left < right), holds])
json.dump(answers, sys.stdout)
`;
const hasPackaging = spawnSync('python3', ['-c', PROGRAM], { input: '[]' }).status === 0;

let state = 20_261_121;
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return list[Math.floor((state / 2 ** 32) * list.length)] as T;
}

const RELEASES = ['0', '1', '1.0', '1.0.0', '1.1', '1.10', '2', '2.0.1', '2024.1', '1.0.0.0.1'];
const version = (withLocal: boolean): string =>
  [
    pick(['', '', '', '1!']),
    pick(RELEASES),
    pick(['', '', 'a1', 'b2', 'rc1', 'rc10', '.alpha0', '-pre', 'c3']),
    pick(['', '', '', '.post1', '-2', 'rev3', '.post0']),
    pick(['', '', '', '.dev0', 'dev4']),
    withLocal ? pick(['', '', '', '+1', '+abc', '+1.abc']) : '',
  ].join('');
const clause = (): string => {
  const kind = pick(['order', 'order', 'order', 'prefix', 'compatible']);
  if (kind === 'prefix') return `${pick(['==', '!='])}${pick(RELEASES)}.*`;
  if (kind === 'compatible') return `~=${pick(['1.0', '1.1', '2.0.1', '1.0rc1', '1.0.post1'])}`;
  return pick(['==', '!=', '<', '>', '<=', '>=']) + version(false);
};

describe.skipIf(!hasPackaging)(
  "Python versions against Python's packaging (needs python3 and packaging 26)",
  () => {
    test('agree', { timeout: 300_000 }, () => {
      const triples = Array.from(
        { length: full ? 100_000 : 5_000 },
        () => [version(true), version(true), [clause(), ...pick([[], [clause()]])].join(',')] as const,
      );
      const { stdout } = spawnSync('python3', ['-c', PROGRAM], {
        input: JSON.stringify(triples),
        maxBuffer: 1 << 28,
      });
      const answers = JSON.parse(stdout.toString()) as readonly (readonly [number, boolean])[];
      const wrong = triples.flatMap(([a, b, spec], index) => {
        const parsed = pep440.parse(a);
        const own = [
          Math.sign(compareText(pep440, a, b) ?? NaN),
          parsed && pep440.parseConstraint?.(spec)?.includes(parsed),
        ];
        return JSON.stringify(own) === JSON.stringify(answers[index])
          ? []
          : [`${a} | ${b} | ${spec}: ${JSON.stringify(own)}, Python ${JSON.stringify(answers[index])}`];
      });
      expect(wrong.slice(0, 20)).toEqual([]);
    });
  },
);
