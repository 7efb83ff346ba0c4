import { describe, expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { cargoLock } from './lock-files.ts';

const source = 'source = "registry+https://github.com/rust-lang/crates.io-index"\n';
const lock = `version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "cc",
 "member",
 "rand 0.7.0",
 "tester",
]

[[package]]
name = "cc"
version = "1.0.0"
${source}
[[package]]
name = "member"
version = "0.2.0"
dependencies = [
 "rand 0.8.0 (registry+https://github.com/rust-lang/crates.io-index)",
 "shared",
]

[[package]]
name = "rand"
version = "0.7.0"
${source}
[[package]]
name = "rand"
version = "0.8.0"
${source}
[[package]]
name = "shared"
version = "1.0.0"
${source}
[[package]]
name = "tester"
version = "1.0.0"
${source}dependencies = [
 "cc",
 "shared",
]
`;
const manifests = {
  'Cargo.toml': `[package]
name = "app"
[dependencies]
rnd = { package = "rand", version = "0.7" }
member = { path = "crates/member" }
[dev-dependencies]
tester = "1"
[build-dependencies]
cc = "1"
[workspace.dependencies]
alias = { package = "shared", version = "1" }
`,
  'crates/member/Cargo.toml':
    '[package]\nname = "member"\n[target."cfg(unix)".dependencies]\nrand = "0.8"\nalias = { workspace = true }\n',
};

describe('Cargo.lock', () => {
  test('is explained by the manifests of the workspace', () => {
    const result = analyzeFiles(cargoLock, { 'Cargo.lock': lock, ...manifests }).get('Cargo.lock');
    expect(told(result)).toEqual([
      'app@0.1.0 root > cc@1.0.0 member@0.2.0 rand@0.7.0 tester@1.0.0',
      'cc@1.0.0 direct dev',
      'member@0.2.0 workspace > rand@0.8.0 shared@1.0.0',
      'rand@0.7.0 direct',
      'rand@0.8.0 direct',
      'shared@1.0.0 direct',
      'tester@1.0.0 direct dev > cc@1.0.0 shared@1.0.0',
    ]);
    expect(result?.packages?.map(({ locations }) => locations?.[0]).slice(0, 2)).toEqual([
      { startLine: 3, endLine: 11 },
      { startLine: 13, endLine: 16 },
    ]);
  });

  test('alone tells of all crates', () => {
    const packages = analyzeFiles(cargoLock, { 'Cargo.lock': lock }).get('Cargo.lock')?.packages;
    expect(packages).toHaveLength(7);
    expect(packages?.some(({ development, relationship }) => development ?? relationship)).toBe(false);
  });
});

test('what a workspace shares is looked through once, from its own folder', () => {
  const members = Array.from({ length: 1_000 }, (_, index) => [
    `m/${index}/Cargo.toml`,
    '[package]\nname="m"\n',
  ]);
  const shared = Array.from({ length: 20_000 }, (_, index) => `d${index} = "1"\n`).join('');
  const start = performance.now();
  const results = analyzeFiles(cargoLock, {
    'Cargo.toml': `[workspace]\nmembers = ["m/*"]\n[workspace.dependencies]\nnear = { path = "near" }\n${shared}`,
    'near/Cargo.toml': '[package]\nname = "near"\n[dependencies]\nrand = "1"\n',
    ...(Object.fromEntries(members) as Record<string, string>),
    'Cargo.lock': `[[package]]\nname = "near"\nversion = "1.0.0"\ndependencies = ["cc", "rand"]\n
[[package]]\nname = "cc"\nversion = "1.0.0"\n${source}\n[[package]]\nname = "rand"\nversion = "1.0.0"\n${source}`,
  });
  expect(performance.now() - start).toBeLessThan(18_000);
  expect(told(results.get('Cargo.lock'))).toEqual([
    'cc@1.0.0 direct dev',
    'near@1.0.0 workspace > cc@1.0.0 rand@1.0.0',
    'rand@1.0.0 direct',
  ]);
});
