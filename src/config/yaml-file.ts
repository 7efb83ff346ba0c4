import { readFile } from 'node:fs/promises';
import { isNestedTooDeep } from '../base/bracket-depth.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { systemReason } from './system-reason.ts';

const FILE_BYTES_MAX = 4 << 20;

/** What is in a YAML file, as plain data. @throws DrydockError CONFIG_INVALID */
export async function readYamlFile(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw invalid(path, `cannot be read: ${systemReason(cause)}`, cause);
  });
  if (bytes.length > FILE_BYTES_MAX) throw invalid(path, `is larger than ${FILE_BYTES_MAX} bytes`);
  const text = bytes.toString('utf8');
  if (isNestedTooDeep(text)) throw invalid(path, 'has too many brackets within each other');
  const { parse } = await import('yaml');
  try {
    return parse(text, { maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw invalid(path, `is not YAML: ${messageOf(cause)}`, cause);
  }
}

function invalid(path: string, problem: string, cause: unknown = undefined): DrydockError {
  return new DrydockError('CONFIG_INVALID', `${path} ${problem}`, { cause });
}
