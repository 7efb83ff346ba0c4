import type { Analyzer, AnalyzerSession, FileResult } from '../../analysis/analyzer.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { bytesAtAddress, type Executable } from '../../codec/executable/executable.ts';
import { openExecutableReading } from '../../codec/executable/executable-reader.ts';
import type { FileBytes } from '../../codec/executable/file-bytes.ts';
import { readGoBuildInfo } from '../../codec/go-buildinfo.ts';
import { readRustCrates } from '../../codec/rust-audit.ts';
import type { Package } from '../../model/package.ts';
import { cratePackages } from '../cargo/rust-binary.ts';
import type { FileDiagnostic } from '../diagnostic-list.ts';
import { modulePackages } from '../golang/go-binary.ts';
import type { LinkedText } from '../golang/linked-version.ts';

const ANY_EXECUTE_BIT = 0o111;

/** What programs tell of what they were built of: modules of Go, crates of Rust. Each file is read once for both. */
export const executables: Analyzer = {
  id: 'executables',
  reads: 'programs in Go and Rust: what they are built of',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: 2 ** 40,
  wants: ({ path, mode }) => (mode & ANY_EXECUTE_BIT) !== 0 || path.endsWith('.exe'),
  begin: beginExecutables,
};

/** What is read of a file; its path is not known there. */
type Reading = (path: string) => FileResult | undefined;

function beginExecutables(): AnalyzerSession {
  const open = openExecutableReading(readExecutable);

  function openFile(path: string, sizeBytes: number) {
    const reader = open(sizeBytes);
    return { write: (piece: Uint8Array) => reader.write(piece), end: () => reader.end()?.(path) };
  }

  return {
    open: ({ path, sizeBytes }) => openFile(path, sizeBytes),
    add({ path, content }) {
      const file = openFile(path, content.length);
      file.write(content);
      return file.end();
    },
  };
}

function readExecutable(executable: Executable, file: FileBytes): Reading | undefined {
  const diagnostics: FileDiagnostic[] = [];

  function attempt<T>(code: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      diagnostics.push({ code, message: error.message });
      return undefined;
    }
  }

  const info = attempt('GO_BUILD_INFO_UNREADABLE', () => readGoBuildInfo(executable, file));
  const crates = attempt('RUST_CRATES_UNREADABLE', () => readRustCrates(executable, file));
  if (!info && !crates && diagnostics.length === 0) return undefined;
  const texts = info?.main ? linkedTexts(executable, file) : [];
  return (path) => {
    const modules: Package[] = info ? modulePackages(info, path, () => texts) : [];
    return { packages: [...modules, ...(crates ? cratePackages(crates, path) : [])], diagnostics };
  };
}

const MAX_LINKED_TEXT_BYTES = 256;

/** The linker calls the texts it sets after their variables: `main.version.str`. */
function linkedTexts(executable: Executable, file: FileBytes): LinkedText[] {
  return executable.symbols('.str').flatMap(({ name, address, sizeBytes }) => {
    const isShort = sizeBytes > 0 && sizeBytes <= MAX_LINKED_TEXT_BYTES;
    const bytes = isShort ? bytesAtAddress(executable, file, address, sizeBytes) : undefined;
    if (!bytes) return [];
    const variable = name.slice(0, -'.str'.length);
    return [{ variable, text: bytes.toString().replace(/\0+$/, '') }];
  });
}
