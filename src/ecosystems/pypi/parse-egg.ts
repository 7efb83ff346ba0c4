import type { FileResult } from '../../analysis/analyzer.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { readZip, type ZipContents } from '../../codec/zip/read-zip.ts';
import { damaged } from '../json-record.ts';
import { parseMetadata } from './parse-metadata.ts';

const METADATA = 'EGG-INFO/PKG-INFO';
const MAX_METADATA_BYTES = 4 << 20;

/**
 * The distribution in a packed egg.
 *
 * @see https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html
 */
export function parseEgg(content: Uint8Array, path: string): FileResult | undefined {
  const zip = openEgg(content);
  const [metadata] = zip?.entries ?? [];
  if (metadata) return parseMetadata(metadata.content, path);
  const problem = zip ? zip.problems[0]?.message : 'it is no zip archive';
  // Any other zip archive of that name.
  return problem === undefined ? undefined : damaged(`the egg cannot be read: ${problem}`);
}

function openEgg(content: Uint8Array): ZipContents | undefined {
  try {
    return readZip(content, {
      wanted: (name) => name === METADATA,
      maxEntryBytes: MAX_METADATA_BYTES,
      maxTotalBytes: MAX_METADATA_BYTES,
    });
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
