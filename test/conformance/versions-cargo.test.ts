import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generic } from '../../src/versions/generic.ts';
import { compareText } from '../../src/versions/scheme.ts';

const full = process.env['DRYDOCK_FULL'] === '1';

/** Cargo keeps the crates that it once built with; among them may be the one it orders versions with. */
function findCrate(): string | undefined {
  const sources = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'registry/src');
  if (!existsSync(sources)) return undefined;
  for (const registry of readdirSync(sources)) {
    const found = readdirSync(join(sources, registry)).find((name) => /^semver-1\.[0-9.]+$/.test(name));
    if (found) return join(sources, registry, found);
  }
  return undefined;
}

const crate = findCrate();
const hasCargo = crate !== undefined && spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0;

const PROGRAM = `use semver::{Version, VersionReq};
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut parts = line.split('|');
        let a = Version::parse(parts.next().unwrap()).unwrap();
        let b = Version::parse(parts.next().unwrap()).unwrap();
        let range = VersionReq::parse(parts.next().unwrap()).unwrap();
        println!("{} {}", a.cmp_precedence(&b) as i8, range.matches(&a));
    }
}
`;

let state = 20_261_121;
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return list[Math.floor((state / 2 ** 32) * list.length)] as T;
}

const NUMBERS = ['0', '0', '1', '1', '2', '3', '10'];
const PRE = ['', '', '-0', '-rc.1', '-rc.10', '-alpha', '-alpha.beta', '-1.a', '-a-b', '-A', '-10', '-9'];
const numbers = (count: number): string => Array.from({ length: count }, () => pick(NUMBERS)).join('.');
const version = (): string => numbers(3) + pick(PRE) + pick(['', '', '+build.1']);
/** What means the same to Cargo and in advisories; a bare version does not, and in Cargo `=1.2` has 1.2.3. */
const term = (): string =>
  pick([
    () => pick(['=', '>', '<=']) + numbers(3),
    () => pick(['^', '~', '>=', '<']) + numbers(pick([1, 2, 3, 3])),
  ])();

describe.skipIf(!hasCargo)(
  "versions of crates against Rust's semver (needs cargo and the crate in its cache)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-cargo-versions-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test('agree', { timeout: 300_000 }, () => {
      mkdirSync(join(folder, 'src'));
      writeFileSync(join(folder, 'src/main.rs'), PROGRAM);
      writeFileSync(
        join(folder, 'Cargo.toml'),
        `[package]\nname = "compare"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nsemver = { path = ${JSON.stringify(crate)} }\n[workspace]\n`,
      );
      const asked = Array.from(
        { length: full ? 200_000 : 10_000 },
        () => [version(), version(), [term(), ...pick([[], [term()]])].join(', ')] as const,
      );
      const { stdout, status } = spawnSync('cargo', ['run', '--quiet', '--offline'], {
        cwd: folder,
        env: { ...process.env, CARGO_TARGET_DIR: join(folder, 'target') },
        input: asked.map((each) => `${each.join('|')}\n`).join(''),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      expect(status).toBe(0);
      const answers = stdout.trim().split('\n');
      expect(answers).toHaveLength(asked.length);
      const wrong = asked.flatMap(([a, b, range], index) => {
        const [order, matches] = (answers[index] ?? '').split(' ');
        const parsed = generic.parse(a);
        const found = parsed && generic.parseConstraint?.(range)?.includes(parsed);
        const isOrdered = Math.sign(compareText(generic, a, b) ?? NaN) === Number(order);
        // Cargo offers no pre-release unless asked for; an advisory has them.
        const isMatched = a.includes('-') || String(found) === matches;
        return isOrdered && isMatched
          ? []
          : [`${a} | ${b} | ${range}: ${String(found)}, Rust ${answers[index]}`];
      });
      expect(wrong.slice(0, 20)).toEqual([]);
    });
  },
);
