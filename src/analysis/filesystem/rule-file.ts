import { LineCounter, parseDocument, type Node } from 'yaml';
import { isNestedTooDeep } from '../../base/bracket-depth.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import { parseGlob } from '../../base/glob.ts';
import type { Severity } from '../../model/advisory.ts';
import { accountCheckIds } from './account-checks.ts';
import { builtinFilesystemRules } from './builtin-rules.ts';
import type { FilesystemRule, FilesystemRules, ModeMask, OwnerBounds, RuleKind } from './filesystem-rule.ts';
import { openRuleReader, type RuleReader } from './rule-reader.ts';

const MAX_FILE_CHARS = 1 << 20;
const MAX_RULES = 1_000;
const SEVERITIES: readonly Severity[] = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const KINDS: readonly RuleKind[] = ['file', 'directory', 'symlink', 'other'];

/**
 * Reads rules of the user: `rules`, a list of such as FilesystemRule describes (`not-paths`, `once-per`; modes as octal
 * digits, owners as `uid`, `not-uid`, `gid`, `not-gid`), which join the built-in ones or take the place of one with the
 * same id, and `disable`, a list of ids of built-in checks that are not wanted.
 *
 * @param name of the file, for messages
 * @throws DrydockError CONFIG_INVALID, with the line
 */
export function loadFilesystemRules(text: string, name: string): FilesystemRules {
  const root = readRoot(text, name);
  if (!root) return builtinFilesystemRules;
  root.allowOnly(['rules', 'disable']);
  const own = root.items('rules', MAX_RULES).map(toRule);
  const ids = new Set<string>();
  for (const [{ id }, item] of own) {
    if (ids.has(id)) item.fail(`there is another rule ${id}`);
    ids.add(id);
  }
  const disabled = root.texts('disable');
  const builtin = [...builtinFilesystemRules.rules.map(({ id }) => id), ...accountCheckIds];
  const unknown = disabled.find((id) => !builtin.includes(id));
  if (unknown !== undefined) root.fail(`there is no built-in check ${JSON.stringify(unknown.slice(0, 80))}`);
  const kept = builtinFilesystemRules.rules.filter(({ id }) => !ids.has(id) && !disabled.includes(id));
  return {
    rules: [...kept, ...own.map(([rule]) => rule)],
    disabled: disabled.filter((id) => accountCheckIds.includes(id)),
  };
}

function readRoot(text: string, name: string): RuleReader | undefined {
  const fail = (problem: string, line?: number): never => {
    throw new DrydockError('CONFIG_INVALID', `${name}${line === undefined ? '' : `:${line}`}: ${problem}`);
  };
  if (text.length > MAX_FILE_CHARS) fail(`is longer than ${MAX_FILE_CHARS} characters`);
  if (isNestedTooDeep(text)) fail('has too many brackets within each other');
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      schema: 'core',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false, // the library would compare each key with each; see openRuleReader
      logLevel: 'error',
    });
    const [error] = document.errors;
    if (error) return fail(`is not YAML: ${error.message.slice(0, 300)}`, lines.linePos(error.pos[0]).line);
    if (document.contents === null) return undefined;
    const lineOf = (node: Node): number | undefined =>
      node.range ? lines.linePos(node.range[0]).line : undefined;
    return openRuleReader(document.contents, (problem, node) => fail(problem, node && lineOf(node)));
  } catch (cause) {
    // The library walks documents by recursion, which deep ones exhaust.
    if (cause instanceof DrydockError) throw cause;
    return fail(`cannot be read: ${messageOf(cause).slice(0, 300)}`);
  }
}

function toRule(item: RuleReader): [FilesystemRule, RuleReader] {
  item.allowOnly([
    ...[
      'id',
      'title',
      'description',
      'severity',
      'message',
      'resolution',
      'references',
      'paths',
      'not-paths',
    ],
    ...['kinds', 'mode', 'owner', 'size', 'content', 'has-capabilities', 'once-per'],
  ]);
  const id = item.needed('id');
  const title = item.needed('title');
  const rule: FilesystemRule = {
    id,
    title,
    description: item.text('description') ?? title,
    severity: oneOf(item, 'severity', item.needed('severity').toUpperCase(), SEVERITIES),
    message: item.text('message') ?? '{path} fits the rule',
    resolution: item.text('resolution') ?? '',
    references: item.texts('references'),
    ...patterns(item, 'paths', 'paths'),
    ...patterns(item, 'not-paths', 'notPaths'),
    ...(item.has('kinds') && { kinds: item.texts('kinds').map((kind) => oneOf(item, 'kinds', kind, KINDS)) }),
    ...(item.has('mode') && { mode: modeIn(item.mapping('mode')) }),
    ...(item.has('owner') && { owner: ownerIn(item.mapping('owner')) }),
    ...(item.has('size') && { size: sizeIn(item.mapping('size')) }),
    ...(item.has('content') && {
      content: oneOf(item, 'content', item.needed('content'), ['private-key'] as const),
    }),
    ...(item.text('has-capabilities') === 'true' && { hasCapabilities: true as const }),
    ...(item.has('once-per') && { oncePer: item.texts('once-per') }),
  };
  if (!isNarrow(rule)) item.fail(`${id} fits everything: give it paths, a mode, an owner, a size or kinds`);
  return [rule, item];
}

function isNarrow({ paths, kinds, mode, owner, size, hasCapabilities, oncePer }: FilesystemRule): boolean {
  const said = paths ?? kinds ?? mode ?? owner ?? size ?? hasCapabilities ?? oncePer;
  return said !== undefined;
}

function patterns(item: RuleReader, key: string, as: 'paths' | 'notPaths'): Partial<FilesystemRule> {
  if (!item.has(key)) return {};
  // Paths have no leading slash here, but people write one.
  const found = item.texts(key).map((pattern) => pattern.replace(/^\//, ''));
  const broken = found.find((pattern) => pattern === '' || !parseGlob(pattern));
  if (broken !== undefined) item.fail(`${JSON.stringify(broken.slice(0, 80))} is not a pattern`, key);
  return { [as]: found };
}

function modeIn(item: RuleReader): ModeMask {
  item.allowOnly(['all', 'any', 'none']);
  const masks = (['all', 'any', 'none'] as const).flatMap((key) => {
    const digits = item.source(key);
    if (digits === undefined) return [];
    if (!/^(?:0o)?[0-7]{1,5}$/.test(digits)) item.fail(`${key} must be octal digits`, key);
    return [[key, parseInt(digits.replace('0o', ''), 8) & 0o7777] as const];
  });
  return Object.fromEntries(masks);
}

function ownerIn(item: RuleReader): OwnerBounds {
  item.allowOnly(['uid', 'not-uid', 'gid', 'not-gid']);
  const pairs = [
    ['uid', 'uids'],
    ['not-uid', 'notUids'],
    ['gid', 'gids'],
    ['not-gid', 'notGids'],
  ] as const;
  return Object.fromEntries(
    pairs.flatMap(([key, as]) =>
      item.has(key) ? [[as, item.texts(key).map((text) => numberOf(item, key, text))] as const] : [],
    ),
  );
}

function sizeIn(item: RuleReader): NonNullable<FilesystemRule['size']> {
  item.allowOnly(['min', 'max']);
  const [min, max] = (['min', 'max'] as const).map((key) => {
    const text = item.text(key);
    return text === undefined ? undefined : numberOf(item, key, text);
  });
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function numberOf(item: RuleReader, key: string, text: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : item.fail(`${key} must be a number from 0`, key);
}

function oneOf<T extends string>(item: RuleReader, key: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  return found ?? item.fail(`${key} must be one of ${allowed.join(', ')}`, key);
}
