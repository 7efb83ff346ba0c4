import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { damaged, textOf } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';
import { readString, readStrings, skipBlanks } from './read-literal.ts';

/** What the fields of interest begin with, and whether there is more than one value. */
type Field = 'name' | 'version' | 'license' | 'licenses';
const FIELDS: ReadonlySet<string> = new Set<Field>(['name', 'version', 'license', 'licenses']);

const MAX_LINE_CHARS = 4096;
const MAX_LINES = 100_000;

/**
 * The gem that a specification describes. A specification is a program; one that RubyGems has written down assigns
 * literals, and only those are read. Where name or version are none, the comment counts that RubyGems itself goes by.
 *
 * @see https://guides.rubygems.org/specification-reference/
 */
export function parseGemspec(content: Uint8Array, path: string): FileResult {
  const { fields, stub } = readFields(textOf(content));
  const name = nameIn(fields.get('name')?.[0] ?? stub?.name);
  const version = versionIn(fields.get('version')?.[0] ?? stub?.version);
  if (name === undefined || version === undefined)
    return damaged('the specification of a gem gives no name and version as plain text');
  const pkg: Package = {
    type: 'gem',
    name,
    version,
    licenses: licensesIn(fields.get('licenses') ?? fields.get('license') ?? []),
    application: 'gemspec',
    paths: [path],
  };
  return { packages: [pkg] };
}

interface Stub {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** First assignments of each field to the variable of the specification, and the `# stub:` comment. */
function readFields(text: string): { fields: ReadonlyMap<string, readonly string[]>; stub?: Stub } {
  const fields = new Map<string, readonly string[]>();
  let stub: Stub | undefined;
  let variable: string | undefined;
  let lines = 0;
  for (let start = 0; start < text.length && lines < MAX_LINES && fields.size < FIELDS.size; lines++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARS)).trim();
    start = end + 1;
    if (variable === undefined) {
      stub ??= stubIn(line);
      variable = variableIn(line);
    } else if (line.startsWith(`${variable}.`)) {
      const field = line.slice(variable.length + 1).match(/^[a-z]+(?=\s*=[^=])/)?.[0];
      if (field === undefined || !FIELDS.has(field) || fields.has(field)) continue;
      const values = valuesIn(line, line.indexOf('=') + 1);
      if (values.length > 0) fields.set(field, values);
    }
  }
  return { fields, ...(stub && { stub }) };
}

/** `# stub: name version platform require_paths` */
function stubIn(line: string): Stub | undefined {
  if (!line.startsWith('# stub: ')) return undefined;
  const [name, version] = line.slice(8).split(' ', 2);
  return { name, version };
}

/** `s` of `Gem::Specification.new do |s|`. */
function variableIn(line: string): string | undefined {
  const at = line.indexOf('Gem::Specification.new');
  if (at < 0) return undefined;
  const start = line.indexOf('|', at);
  const end = line.indexOf('|', start + 1);
  const variable = start < 0 || end < 0 ? '' : line.slice(start + 1, end).trim();
  return /^[a-z_]\w{0,63}$/i.test(variable) ? variable : undefined;
}

const VERSION_OBJECT = 'Gem::Version.new';

function valuesIn(line: string, start: number): string[] {
  let at = skipBlanks(line, start);
  if (line.charAt(at) === '[') return readStrings(line, at);
  if (line.startsWith(VERSION_OBJECT, at)) {
    at = skipBlanks(line, at + VERSION_OBJECT.length);
    if (line.charAt(at) === '(') at = skipBlanks(line, at + 1);
  }
  const literal = readString(line, at);
  return literal ? [literal.value] : [];
}
