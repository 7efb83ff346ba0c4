import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly needs: readonly string[];
  readonly line: number;
}

const MAX_LINE_CHARS = 64 << 10;
const HEX_ENTRY = /^\s*"([^"\s]{1,256})":\s*\{:hex,\s*:"?([^\s,"]{1,256})"?,\s*"([^"\s]{1,256})"/;
/** Each of what it needs starts so. */
const NEED = /\{:"?([A-Za-z0-9_.@-]{1,256})"?,\s*"/g;

/**
 * The packages of a `mix.lock`: a line for each, as Elixir writes a map of tuples. Those of repositories have no
 * version.
 */
export function parseMixLock(content: Uint8Array, path: string): FileResult | undefined {
  const entries = new Map<string, Entry>();
  let line = 0;
  for (const raw of textOf(content).split('\n')) {
    line++;
    const found = raw.length > MAX_LINE_CHARS ? null : HEX_ENTRY.exec(raw);
    if (!found) continue;
    const [stated, key = '', name = '', version = ''] = found;
    const needs = [...raw.slice(stated.length).matchAll(NEED)].map(([, need = '']) => need);
    entries.set(key, { name, version, needs, line });
  }
  const packages = openLockedPackages('hex', 'hex', path);
  for (const { name, version, needs, line: at } of entries.values()) {
    const id = packages.add({ name, version, lines: { startLine: at, endLine: at } });
    if (id === undefined) continue;
    const needed = needs.flatMap((need) => entries.get(need) ?? []);
    packages.depend(
      id,
      needed.map((other) => packageId(other.name, other.version)),
    );
  }
  return packages.result();
}
