import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generic } from '../../src/versions/generic.ts';
import { compareText } from '../../src/versions/scheme.ts';

const full = process.env['DRYDOCK_FULL'] === '1';

/** Go brings the order of module versions along, for its own commands. */
const root = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).stdout?.trim();
const semver = root ? join(root, 'src/cmd/vendor/golang.org/x/mod/semver/semver.go') : undefined;
const hasGo = semver !== undefined && existsSync(semver);

const PROGRAM = `package main

import ("bufio"; "fmt"; "os"; "strings"; "compare/semver")

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		a, b, _ := strings.Cut(lines.Text(), " ")
		if semver.IsValid(a) && semver.IsValid(b) {
			fmt.Fprintln(out, semver.Compare(a, b))
		} else {
			fmt.Fprintln(out, "bad")
		}
	}
}
`;

let state = 20_261_121;
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return list[Math.floor((state / 2 ** 32) * list.length)] as T;
}

const NUMBERS = ['0', '0', '1', '2', '10', '20', '18446744073709551616'];
const PRE = [
  '',
  '',
  '',
  '-0',
  '-rc.1',
  '-rc.10',
  '-rc.2',
  '-alpha',
  '-alpha.beta',
  '-1.a',
  '-a-b',
  '-A',
  '-10',
  '-9',
];
const PSEUDO = [
  '-0.20200622213623-75b288015ac9',
  '-0.20190622213623-05b288015ac9',
  '-rc.1.0.20200622213623-75b288015ac9',
  '-20200622213623-75b288015ac9',
];
const version = (): string =>
  `v${pick(NUMBERS)}.${pick(NUMBERS)}.${pick(NUMBERS)}${pick(pick([PRE, PRE, PSEUDO]))}${pick(['', '', '+incompatible', '+dirty'])}`;

describe.skipIf(!hasGo)('versions of Go modules against golang.org/x/mod/semver (needs go)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-go-versions-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('agree', { timeout: 300_000 }, () => {
    mkdirSync(join(folder, 'semver'));
    copyFileSync(semver ?? '', join(folder, 'semver/semver.go'));
    writeFileSync(join(folder, 'go.mod'), 'module compare\n\ngo 1.21\n');
    writeFileSync(join(folder, 'main.go'), PROGRAM);
    const pairs = Array.from({ length: full ? 200_000 : 10_000 }, () => [version(), version()] as const);
    const { stdout, stderr } = spawnSync('go', ['run', '.'], {
      cwd: folder,
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOPROXY: 'off', GOWORK: 'off' },
      input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect(stderr).toBe('');
    const answers = stdout.trim().split('\n');
    expect(answers).toHaveLength(pairs.length);
    const wrong = pairs.flatMap(([a, b], index) => {
      const own = Math.sign(compareText(generic, a, b) ?? NaN);
      return String(own === 0 ? 0 : own) === answers[index]
        ? []
        : [`${a} ${b}: ${own}, Go ${answers[index]}`];
    });
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});
