import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';

interface Gem {
  readonly name: string;
  readonly version: string;
  readonly line: number;
  readonly needs: Set<string>;
}

const MAX_LINE_CHARS = 4096;
const ENTRY = /^( +)([^ (!]+)(?: \(([^)]*)\))?!?$/;

/**
 * The gems that a `Gemfile.lock` settles on: four spaces before a gem, six before what it needs, two before what the
 * `Gemfile` asks for. Groups stand in the `Gemfile` only, which is a program.
 */
export function parseGemfileLock(content: Uint8Array, path: string): FileResult | undefined {
  const gems = new Map<string, Gem>();
  const asked = new Set<string>();
  let section = '';
  let last: Gem | undefined;
  let line = 0;
  for (const raw of textOf(content).split('\n')) {
    line++;
    if (raw.length > MAX_LINE_CHARS) continue;
    const row = raw.trimEnd();
    if (row !== '' && !row.startsWith(' ')) {
      [section, last] = [row, undefined];
      continue;
    }
    const [, indent = '', name = '', version] = ENTRY.exec(row) ?? [];
    if (section === 'DEPENDENCIES' && indent.length === 2) asked.add(name);
    else if (!SOURCES.has(section)) continue;
    else if (indent.length === 4 && version !== undefined) {
      // There is one for each platform; what they need is told of together.
      last = { name, version: withoutPlatform(version), line, needs: gems.get(name)?.needs ?? new Set() };
      gems.set(name, last);
    } else if (indent.length === 6) last?.needs.add(name);
  }
  const packages = openLockedPackages('gem', 'bundler', path);
  for (const gem of gems.values()) {
    const id = packages.add({
      name: gem.name,
      version: gem.version,
      relationship: asked.has(gem.name) ? 'direct' : 'indirect',
      lines: { startLine: gem.line, endLine: gem.line },
    });
    if (id === undefined) continue;
    const needed = [...gem.needs].flatMap((name) => gems.get(name) ?? []);
    packages.depend(
      id,
      needed.map((other) => packageId(other.name, other.version)),
    );
  }
  return packages.result();
}

const SOURCES: ReadonlySet<string> = new Set(['GEM', 'GIT', 'PATH', 'PLUGIN SOURCE']);

/** `1.13.6-x86_64-linux` → `1.13.6` */
function withoutPlatform(version: string): string {
  const at = version.indexOf('-');
  return at < 0 ? version : version.slice(0, at);
}
