import type { Analyzer, FileHeader, FileResult, FileSink, LayerFile } from '../../analysis/analyzer.ts';
import { hasSyncInflate } from '../../codec/zip/inflate.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList, type DiagnosticList } from '../diagnostic-list.ts';
import { openAllowance } from './allowance.ts';
import { openArchiveStream } from './archive-stream.ts';
import { isArchiveName } from './file-name.ts';
import { readArchive } from './read-archive.ts';

/** Up to here an archive is read whole, which is faster; larger ones are read as they come. */
const MAX_KEPT_BYTES = 8 << 20;
/** Only where archives cannot be read as they come. */
const MAX_FILE_BYTES = 64 << 20;

/** Java archives and those packed in them. */
export const jar: Analyzer = {
  id: 'jar',
  reads: '*.jar, *.war, *.ear, *.par, within each other too',
  version: 2,
  appliesTo: 'installed',
  maxFileBytes: MAX_FILE_BYTES,
  endings: ['r', 'R'],
  wants: (file) => isArchiveName(file.path),
  begin() {
    const canStream = hasSyncInflate();
    return {
      add: readJar,
      open: (file) => (canStream && file.sizeBytes > MAX_KEPT_BYTES ? openJar(file) : undefined),
    };
  },
};

function readJar({ path, sizeBytes, content }: LayerFile): FileResult | undefined {
  const diagnostics = openDiagnosticList();
  const packages = readArchive(content, { path, depth: 0 }, openAllowance(sizeBytes, diagnostics));
  return toResult(packages, diagnostics);
}

/** What the name alone makes a jar need not be one at all: it is told, like any that is damaged. */
function openJar({ path, sizeBytes }: FileHeader): FileSink {
  const diagnostics = openDiagnosticList();
  const stream = openArchiveStream({ path, depth: 0 }, openAllowance(sizeBytes, diagnostics), readArchive);
  return {
    write: (piece) => stream.write(piece),
    end: () => toResult(stream.end(), diagnostics),
  };
}

function toResult(packages: readonly Package[], diagnostics: DiagnosticList): FileResult {
  return { packages, diagnostics: diagnostics.all() };
}
