/**
 * Megabytes per second on one core that files of text are searched for secrets, beside SHA-256 of the same bytes. Run:
 * `node scripts/bench.mjs secrets [DIRECTORY…]`; without directories, those in which a Linux system keeps its texts.
 * Allowed paths are lifted, so that every file is searched.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { builtinSecretRules } from '../src/analysis/secrets/builtin-rules.ts';
import { isBinary } from '../src/analysis/secrets/is-binary.ts';
import { secretAnalyzer } from '../src/analysis/secrets/secret-analyzer.ts';

const MAX_FILE_BYTES = 10 << 20;
const MAX_TOTAL_BYTES = 600 << 20;
const PIECE_BYTES = 64 << 10;
const ROUNDS = 5;

interface Subject {
  readonly path: string;
  readonly content: Uint8Array;
}

function* filesBelow(directory: string): Iterable<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function read(directories: readonly string[]): Subject[] {
  const subjects: Subject[] = [];
  let total = 0;
  for (const path of directories.flatMap((directory) => [...filesBelow(directory)])) {
    if (total > MAX_TOTAL_BYTES) break;
    if (statSync(path).size > MAX_FILE_BYTES) continue;
    const content = readFileSync(path);
    if (isBinary(content)) continue;
    subjects.push({ path: path.slice(1), content });
    total += content.length;
  }
  return subjects;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

const directories = process.argv.slice(2);
const subjects = read(
  directories.length > 0 ? directories : ['/usr/include', '/usr/lib/python3', '/usr/share'],
);
const bytes = subjects.reduce((sum, { content }) => sum + content.length, 0);
const analyzer = secretAnalyzer({ ...builtinSecretRules, allowRules: [] });
const found = new Map<string, number>();

function search(): void {
  const session = analyzer.begin();
  found.clear();
  for (const { path, content } of subjects) {
    const file = { path, sizeBytes: content.length, mode: 0o644 };
    const sink = session.open?.(file);
    for (let at = 0; at < content.length; at += PIECE_BYTES) {
      if (!sink?.write(content.subarray(at, at + PIECE_BYTES))) break;
    }
    for (const { ruleId } of sink?.end()?.secrets ?? []) found.set(ruleId, (found.get(ruleId) ?? 0) + 1);
  }
}

const rounds = Array.from({ length: ROUNDS }, () => timed(search));
const hashed = Array.from({ length: ROUNDS }, () =>
  timed(() => {
    for (const { content } of subjects) createHash('sha256').update(content).digest();
  }),
);
const megabytes = bytes / 1e6;
console.log(
  `${subjects.length.toLocaleString('en')} files of text, ${megabytes.toFixed(0)} MB, ${builtinSecretRules.rules.length} rules`,
);
console.log(
  `${(megabytes / median(rounds)).toFixed(0)} MB/s searched (slowest round ${(megabytes / Math.max(...rounds)).toFixed(0)})`,
);
console.log(`${(megabytes / median(hashed)).toFixed(0)} MB/s SHA-256 of the same bytes`);
console.log(`found: ${[...found].map(([id, count]) => `${id} ${count}`).join(', ') || 'nothing'}`);
