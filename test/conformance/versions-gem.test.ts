import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { gem } from '../../src/versions/gem.ts';
import { compareText } from '../../src/versions/scheme.ts';

const full = process.env['DRYDOCK_FULL'] === '1';

/** Reads triples of (version, version, requirement) and says how RubyGems orders and judges them. */
const PROGRAM = `
require 'json'
answers = JSON.parse(STDIN.read).map do |a, b, terms|
  left, right = Gem::Version.new(a), Gem::Version.new(b)
  [left <=> right, Gem::Requirement.new(terms).satisfied_by?(left)]
end
puts JSON.generate(answers)
`;
const hasRuby = spawnSync('ruby', ['-e', PROGRAM], { input: '[]' }).status === 0;

let state = 20_261_121;
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return list[Math.floor((state / 2 ** 32) * list.length)] as T;
}

const PARTS = ['0', '0', '1', '2', '10', '01', '99999999999999999999'];
const WORDS = ['a', 'b', 'b1', 'alpha', 'beta2', 'pre', 'rc', 'rc1', 'rc10', 'A', '1a', 'a0', 'x0y'];
const ENDS = ['', '', '', '', '-1', '-rc1', '-0', '-x86-mingw32', '-a.1'];

function version(): string {
  const length = pick([0, 1, 1, 2, 2, 3, 4]);
  const rest = Array.from({ length }, () => `.${pick(pick([PARTS, PARTS, PARTS, WORDS]))}`);
  return pick(PARTS) + rest.join('') + pick(ENDS);
}

const term = (): string => `${pick(['=', '!=', '>', '<', '>=', '<=', '~>', '~>'])} ${version()}`;

describe.skipIf(!hasRuby)('versions of gems against RubyGems itself (needs ruby)', () => {
  test('agree', { timeout: 300_000 }, () => {
    const triples = Array.from(
      { length: full ? 200_000 : 5_000 },
      () => [version(), version(), [term(), ...pick([[], [term()]])]] as const,
    );
    const { stdout } = spawnSync('ruby', ['-e', PROGRAM], {
      input: JSON.stringify(triples),
      maxBuffer: 1 << 28,
    });
    const answers = JSON.parse(stdout.toString()) as readonly (readonly [number, boolean])[];
    const wrong = triples.flatMap(([a, b, terms], index) => {
      const parsed = gem.parse(a);
      const own = [
        Math.sign(compareText(gem, a, b) ?? NaN),
        parsed && gem.parseConstraint?.(terms.join(', '))?.includes(parsed),
      ];
      return JSON.stringify(own) === JSON.stringify(answers[index])
        ? []
        : [
            `${a} | ${b} | ${terms.join(', ')}: ${JSON.stringify(own)}, Ruby ${JSON.stringify(answers[index])}`,
          ];
    });
    expect(answers).toHaveLength(triples.length);
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});
