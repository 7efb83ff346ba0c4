import { open } from 'node:fs/promises';
import { DrydockError } from '../base/errors.ts';
import { systemReason } from '../config/system-reason.ts';
import type { Report } from '../model/report.ts';
import { readJsonReport } from '../reports/json/read-report.ts';

const MAX_BYTES = 256 << 20;
/** Where a report says what it is. */
const START_BYTES = 4096;

/**
 * A report in JSON, from a file or with `-` from standard input.
 *
 * @throws DrydockError SOURCE_NOT_FOUND, REPORT_INVALID
 */
export async function readReportFile(path: string, stdin: AsyncIterable<Uint8Array>): Promise<Report> {
  if (path === '-') return readJsonReport(await collect(stdin), 'on standard input');
  return readJsonReport(await readWhole(path), path);
}

/** Whether there is a file of that name that looks like a report. */
export async function isReportFile(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return /^\s*\{\s*"SchemaVersion"/.test(buffer.toString('utf8', 0, bytesRead));
  } catch {
    return false; // then it is something else, and whoever reads that says what is wrong
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MAX_BYTES)
      throw new DrydockError('REPORT_INVALID', `report ${path} has more than ${MAX_BYTES >> 20} MiB`);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof DrydockError) throw cause;
    throw new DrydockError('SOURCE_NOT_FOUND', `cannot read report ${path}: ${systemReason(cause)}`, {
      cause,
    });
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES)
      throw new DrydockError(
        'REPORT_INVALID',
        `the report on standard input has more than ${MAX_BYTES >> 20} MiB`,
      );
  }
  return Buffer.concat(parts);
}
