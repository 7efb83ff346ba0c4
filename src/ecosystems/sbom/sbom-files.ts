import { eachFile, type Analyzer, type FileResult, type LayerFile } from '../../analysis/analyzer.ts';
import { contentsOf } from '../../codec/sbom/contents.ts';
import { SbomError } from '../../codec/sbom/document.ts';
import { readSbomDocument } from '../../codec/sbom/read-document.ts';
import { damaged } from '../json-record.ts';
import { hasEnding } from '../path-ending.ts';

const ENDINGS = ['.spdx', '.spdx.json', '.cdx', '.cdx.json'] as const;

/** Bitnami's, which stand for a folder and not for themselves, have an analyzer of their own. */
const BITNAMI = /^opt\/bitnami\/(?:.*\/)?\.spdx-[^/]*$/;

/**
 * Bills of materials that makers of software have left in an image. What they tell of applications counts; of packages
 * of the operating system only its own database does, since they would be told twice.
 */
export const sbomFiles: Analyzer = {
  id: 'sbom-file',
  reads: '*.spdx, *.spdx.json, *.cdx, *.cdx.json',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: 32 << 20,
  endings: ENDINGS,
  wants: ({ path }) => ENDINGS.some((ending) => hasEnding(path, ending)) && !BITNAMI.test(path),
  begin: eachFile(parseSbomFile),
};

function parseSbomFile({ path, content }: LayerFile): FileResult | undefined {
  try {
    const { packages } = contentsOf(readSbomDocument(content), path);
    const found = packages.filter(({ application }) => application !== undefined);
    if (found.length === 0) return undefined;
    return { packages: found.map((pkg) => (pkg.paths.length > 0 ? pkg : { ...pkg, paths: [path] })) };
  } catch (error) {
    if (!(error instanceof SbomError)) throw error;
    return damaged(`the bill of materials cannot be read: ${error.message}`);
  }
}
