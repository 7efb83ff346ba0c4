import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { writeElf, writeInlineBuildInfo } from '../../../test/fixtures/executable-writer.ts';
import type { FileResult } from '../../analysis/analyzer.ts';
import { executables } from './executable.ts';

const MODULES = 'path\tx\nmod\texample.com/x\t(devel)\t\ndep\texample.com/y\tv1.0.0\th1:=\n';
const CRATES = { packages: [{ name: 'app', version: '0.1.0', root: true }] };
const path = 'usr/bin/tool';

function analyze(content: Buffer, pieceBytes: number): FileResult | undefined {
  const sink = executables.begin().open?.({ path, sizeBytes: content.length, mode: 0o755 });
  for (let at = 0; at < content.length; at += pieceBytes) {
    if (!sink?.write(content.subarray(at, at + pieceBytes))) break;
  }
  return sink?.end();
}

const names = (result: FileResult | undefined): string[] =>
  (result?.packages ?? []).map(({ application, name, version }) => `${application} ${name}@${version}`);

const text = Buffer.from('1.4.2');
const both = writeElf(
  [
    { name: '.note', kind: 'constants', address: 0x1000, content: Buffer.from('\x04\0\0\0Go\0\0') },
    { name: '.rodata', kind: 'constants', address: 0x8000, content: text },
    {
      name: '.data',
      kind: 'data',
      address: 0x20000,
      content: Buffer.concat([writeInlineBuildInfo('go1.26.0', MODULES), Buffer.alloc(40_000)]),
    },
    { name: '.dep-v0', kind: 'unmapped', content: deflateSync(JSON.stringify(CRATES)) },
  ],
  { isWide: true, isLittleEndian: true },
  [{ name: 'main.version.str', address: 0x8000, sizeBytes: text.length }],
);

test.each([1 << 20, 35_000, 100])(
  'modules and crates of one program, in pieces of %i bytes',
  (pieceBytes) => {
    expect(names(analyze(both, pieceBytes))).toEqual([
      'gobinary stdlib@v1.26.0',
      'gobinary example.com/y@v1.0.0',
      'gobinary example.com/x@1.4.2',
      'rustbinary app@0.1.0',
    ]);
  },
);

test('taken whole, it is the same', () => {
  const session = executables.begin();
  const file = { path, sizeBytes: both.length, mode: 0o755, content: both };
  expect(session.add(file)).toEqual(analyze(both, both.length));
});

test('what cannot be read is said, and the rest is told', () => {
  const file = writeElf([
    { name: '.data', kind: 'data', address: 0x20000, content: writeInlineBuildInfo('go1.26.0', MODULES) },
    { name: '.dep-v0', kind: 'unmapped', content: Buffer.from('nothing') },
  ]);
  const result = analyze(file, file.length);
  expect(names(result)).toHaveLength(3);
  expect(result?.diagnostics?.map(({ code }) => code)).toEqual(['RUST_CRATES_UNREADABLE']);
});

test('what crates depend on is bounded, however long their names', () => {
  const large = Array.from({ length: 10 }, (_, index) => ({
    name: `${'n'.repeat(200)}${index}`,
    version: '1',
  }));
  const small = Array.from({ length: 40_000 }, () => ({
    name: 'a',
    version: '1',
    dependencies: [...large.keys()],
  }));
  const file = writeElf([
    { name: '.note', kind: 'constants', address: 0x1000, content: Buffer.alloc(8) },
    {
      name: '.dep-v0',
      kind: 'unmapped',
      content: deflateSync(JSON.stringify({ packages: [...large, ...small] })),
    },
  ]);
  const found = analyze(file, file.length)?.packages ?? [];
  expect(found).toHaveLength(40_010);
  expect(found.flatMap(({ dependsOn = [] }) => dependsOn).length).toBe(200_000);
});

test('wants what may be run', () => {
  const wants = (at: string, mode: number) => executables.wants({ path: at, mode, sizeBytes: 1 });
  expect([wants('a', 0o755), wants('a', 0o001), wants('a.exe', 0o644), wants('a', 0o644)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

const go = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' });

describe.skipIf(go.status !== 0)("Go's own tools (needs go)", () => {
  test('are read as go reads them', () => {
    const file = `${go.stdout.trim()}/bin/gofmt`;
    const told = execFileSync('go', ['version', file], { encoding: 'utf8' });
    const version = /: go(\S+)/.exec(told)?.[1] ?? '';
    expect(names(analyze(readFileSync(file), 1 << 19))).toContain(`gobinary stdlib@v${version}`);
  });
});
