/** One entry of a `yarn.lock`: what was asked for, and what it was settled on. */
export interface YarnBlock {
  /** `name@range`, one for each range that it serves. */
  readonly patterns: readonly string[];
  readonly version: string | undefined;
  /** Since Yarn 2: `name@npm:version`. */
  readonly resolution: string | undefined;
  /** Names and ranges. */
  readonly dependencies: readonly (readonly [name: string, range: string])[];
  readonly startLine: number;
  readonly endLine: number;
}

const MAX_PATTERNS = 10_000;
const MAX_DEPENDENCIES = 10_000;

/**
 * The entries of a `yarn.lock` of any version. Yarn 1 writes a format of its own, later ones YAML; entries are parted
 * the same way in both.
 */
export function* readYarnBlocks(text: string): Generator<YarnBlock> {
  let header: string | undefined;
  let startLine = 0;
  let endLine = 0;
  let body: string[] = [];
  let line = 0;
  for (const raw of text.split('\n')) {
    line++;
    const row = raw.trimEnd();
    if (row === '' || row.startsWith('#')) continue;
    if (row.startsWith(' ')) {
      body.push(row);
      endLine = line;
    } else if (row === ':')
      continue; // the half of an entry whose long key stands above
    else {
      if (header !== undefined) yield toBlock(header, body, startLine, endLine);
      [header, body, startLine, endLine] = [row, [], line, line];
    }
  }
  if (header !== undefined) yield toBlock(header, body, startLine, endLine);
}

function toBlock(header: string, body: readonly string[], startLine: number, endLine: number): YarnBlock {
  const dependencies: (readonly [string, string])[] = [];
  const fields = new Map<string, string>();
  let section = '';
  for (const row of body) {
    const indent = row.length - row.trimStart().length;
    const [key, value] = parted(row.slice(indent));
    if (indent <= 2) {
      section = value === '' ? key : '';
      if (value !== '') fields.set(key, value);
    } else if (indent === 4 && SECTIONS.has(section) && dependencies.length < MAX_DEPENDENCIES)
      dependencies.push([key, value]);
  }
  return {
    patterns: patternsIn(header),
    version: fields.get('version'),
    resolution: fields.get('resolution'),
    dependencies,
    startLine,
    endLine,
  };
}

const SECTIONS: ReadonlySet<string> = new Set(['dependencies', 'optionalDependencies']);

/** `a@^1, "b@^2":`, and in YAML one text for all. */
function patternsIn(header: string): string[] {
  const key = header.replace(/^\? /, '').replace(/:$/, '');
  return key
    .split(',', MAX_PATTERNS)
    .map((pattern) => unquoted(pattern.trim()))
    .filter((pattern) => pattern !== '');
}

/** `key value`, `key: value` or `key:`, either part quoted or not. */
function parted(row: string): [key: string, value: string] {
  const isQuoted = row.startsWith('"');
  const close = isQuoted ? row.indexOf('"', 1) + 1 : row.search(/:? |:$/);
  const end = close <= 0 ? row.length : close;
  return [unquoted(row.slice(0, end)), unquoted(row.slice(end).replace(/^:/, '').trim())];
}

function unquoted(text: string): string {
  return text.replace(/^"/, '').replace(/"$/, '');
}
