import { inflateSync } from 'node:zlib';
import { CodecError } from './codec-error.ts';
import type { Executable } from './executable/executable.ts';
import type { FileBytes } from './executable/file-bytes.ts';

export interface RustCrate {
  readonly name: string;
  readonly version: string;
  /** Needed to build only: its code is not in the program. */
  readonly isBuildOnly: boolean;
  readonly isRoot: boolean;
  /** Where the crates it needs stand in the list. */
  readonly dependencies: readonly number[];
}

const SECTION = '.dep-v0';
/** What its specification advises readers to stop at. */
const MAX_STORED_BYTES = 8 << 20;
const MAX_JSON_BYTES = 8 << 20;
/** The largest programs have some two thousand. */
const MAX_CRATES = 50_000;
/** The registry takes names of 64; each dependency repeats them. */
const MAX_TEXT_CHARS = 256;
const MAX_DEPENDENCIES = 1_000_000;

const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

/**
 * The crates a program was built of, where it was built so as to tell; undefined for other programs.
 *
 * @throws CodecError when what it tells cannot be read, or was not kept
 * @see https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
 */
export function readRustCrates({ sections }: Executable, file: FileBytes): RustCrate[] | undefined {
  const section = sections.find(({ name }) => name === SECTION);
  if (!section) return undefined;
  const stored =
    section.sizeBytes <= MAX_STORED_BYTES ? file.at(section.offset, section.sizeBytes) : undefined;
  if (!stored) throw new CodecError('the list of crates is too large, or lies where it was not read');
  return parseRustCrates(stored);
}

/** @throws CodecError when it is no such list */
export function parseRustCrates(stored: Uint8Array): RustCrate[] {
  const list: unknown = parseJson(inflate(stored));
  const packages: unknown = isRecord(list) ? list['packages'] : undefined;
  if (!Array.isArray(packages) || packages.length > MAX_CRATES) {
    throw new CodecError('the list of crates holds none, or too many');
  }
  let room = MAX_DEPENDENCIES;
  return packages.map((entry: unknown) => {
    const crate = toCrate(entry, packages.length);
    room -= crate.dependencies.length;
    if (room < 0) throw new CodecError('the list of crates holds too many dependencies');
    return crate;
  });
}

function inflate(stored: Uint8Array): Buffer {
  try {
    // A copy: memory that may be shared or shrink is not for zlib.
    return inflateSync(Uint8Array.from(stored), { maxOutputLength: MAX_JSON_BYTES });
  } catch {
    throw new CodecError('the list of crates cannot be inflated, or is too large');
  }
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    throw new CodecError('the list of crates is no JSON');
  }
}

function toCrate(entry: unknown, count: number): RustCrate {
  const [name, version] = isRecord(entry) ? [entry['name'], entry['version']] : [];
  if (!isRecord(entry) || !isText(name) || !isText(version)) {
    throw new CodecError('the list of crates holds one without name or version');
  }
  const listed: unknown = entry['dependencies'];
  const isIndex = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count;
  return {
    name: name.replace(CONTROL, '\ufffd'),
    version: version.replace(CONTROL, '\ufffd'),
    isBuildOnly: entry['kind'] === 'build',
    isRoot: entry['root'] === true,
    dependencies: Array.isArray(listed) ? listed.filter(isIndex) : [],
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_CHARS;
}
