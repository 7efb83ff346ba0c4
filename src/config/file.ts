import { readFile } from 'node:fs/promises';
import { isNestedTooDeep } from '../base/bracket-depth.ts';
import { DrydockError, hasErrno, messageOf } from '../base/errors.ts';
import { didYouMean } from './nearest.ts';
import { parseRegistries } from './registries.ts';
import { settingNames, settings, type Setting, type SettingName } from './schema.ts';
import { systemReason } from './system-reason.ts';
import { parseFileValue } from './values.ts';

const FILE_BYTES_MAX = 1 << 20;

const fileNames = settingNames.filter((name) => (settings[name] as Setting).file !== false);

/**
 * The settings in a YAML file, each checked.
 * @returns undefined when the file is not there and need not be
 * @throws DrydockError CONFIG_INVALID with the line and what is wrong
 */
export async function readConfigFile(
  path: string,
  options: { readonly mustExist: boolean },
): Promise<ReadonlyMap<SettingName, unknown> | undefined> {
  const text = await read(path, options.mustExist);
  if (text === undefined) return undefined;
  const values = new Map<SettingName, unknown>();
  for (const { where, key, value } of await parseYaml(path, text)) {
    const name = fileNames.find((known) => known === key);
    if (!name) throw invalid(where, `unknown setting ${JSON.stringify(key)}`, didYouMean(key, fileNames));
    const setting: Setting = settings[name];
    const parsed = setting.kind === 'registries' ? parseRegistries(value) : parseFileValue(setting, value);
    if ('problem' in parsed) throw invalid(where, `${name}: ${parsed.problem}`, parsed.hint);
    values.set(name, parsed.value);
  }
  return values;
}

interface Entry {
  /** File and line. */
  readonly where: string;
  readonly key: string;
  readonly value: unknown;
}

async function parseYaml(path: string, text: string): Promise<Entry[]> {
  if (isNestedTooDeep(text)) throw invalid(path, 'has too many brackets within each other');
  const { parseDocument, LineCounter, isMap, isScalar } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  const [broken] = document.errors;
  if (broken) throw invalid(at(broken.pos[0]), `is not YAML: ${messageOf(broken)}`);
  if (document.contents === null) return [];
  if (!isMap(document.contents)) throw invalid(path, 'is not a mapping of settings');
  return document.contents.items.map(({ key, value }) => {
    if (!isScalar(key)) throw invalid(path, 'has a key that is no plain word');
    const where = at(key.range?.[0] ?? 0);
    return { where, key: String(key.value), value: plain(where, value, document) };
  });
}

/** A node as plain data; YAML's aliases are bounded by the library, and refused beyond. */
function plain(where: string, node: unknown, document: unknown): unknown {
  if (typeof node !== 'object' || node === null || !('toJS' in node)) return node;
  try {
    return (node as { toJS(document: unknown, options: object): unknown }).toJS(document, {
      maxAliasCount: 100,
    });
  } catch (cause) {
    throw invalid(where, `cannot be read: ${messageOf(cause)}`, undefined, cause);
  }
}

async function read(path: string, mustExist: boolean): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > FILE_BYTES_MAX) throw invalid(path, `is larger than ${FILE_BYTES_MAX} bytes`);
    return bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof DrydockError) throw cause;
    if (!mustExist && hasErrno(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw invalid(
      path,
      `cannot be read: ${systemReason(cause)}`,
      'Pass the path of a YAML file to --config.',
      cause,
    );
  }
}

function invalid(where: string, problem: string, hint?: string, cause?: unknown): DrydockError {
  return new DrydockError('CONFIG_INVALID', `configuration file ${where}: ${problem}`, { hint, cause });
}
