import { createHash } from 'node:crypto';
import type { FileAttributes } from '../../model/finding.ts';
import {
  WHOLE_LAYER,
  type Analyzer,
  type AnalyzerSession,
  type EntryHeader,
  type FileResult,
  type LayerFile,
} from '../analyzer.ts';
import {
  checkAccounts,
  checkOwners,
  checkShadow,
  type FileMisconfiguration,
  type OwnedFiles,
} from './account-checks.ts';
import { parsePasswd, type Account } from './accounts.ts';
import { builtinFilesystemRules } from './builtin-rules.ts';
import { decodeCapabilities } from './capability.ts';
import { compileRules, type CompiledRule, type CompiledRules } from './compile-rules.ts';
import type { FilesystemRule, FilesystemRules } from './filesystem-rule.ts';

const MAX_FILE_BYTES = 4 << 20;
/** What one rule can say of one layer; a diagnostic tells of the rest. */
const MAX_FINDINGS_PER_RULE = 500;
const MAX_OWNERS = 10_000;
const MAX_SHOWN_PATH = 500;

/** The second is where image builders keep accounts that a host adds to (nss-altfiles). */
const PASSWD: ReadonlySet<string> = new Set(['etc/passwd', 'usr/lib/passwd']);
const SHADOW = 'etc/shadow';
const PRIVATE_KEY =
  /^(?:\s{0,64}-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-)/m;

/**
 * Checks entries of a layer by rules, and the accounts of a system. Owners are compared with accounts only in layers
 * that bring a list of accounts. Its id holds the digest of the rules, so that analyses made with others are never
 * mistaken for its own.
 */
export function filesystemAnalyzer(rules: FilesystemRules = builtinFilesystemRules): Analyzer {
  const digest = createHash('sha256').update(JSON.stringify(rules)).digest('hex');
  let compiled: CompiledRules | undefined;
  // Not before it is needed: most scans look for no misconfigurations.
  const ready = (): CompiledRules => (compiled ??= compileRules(rules.rules));
  return {
    id: `filesystem@${digest.slice(0, 16)}`,
    reads: 'modes, owners and names of all entries',
    version: 2,
    appliesTo: 'installed',
    scanner: 'misconfiguration',
    maxFileBytes: MAX_FILE_BYTES,
    wants: ({ path, sizeBytes }) =>
      path === SHADOW || PASSWD.has(path) || ready().wantsContent(path, nameOf(path), sizeBytes),
    begin: () => openSession(ready(), new Set(rules.disabled)),
  };
}

function openSession(rules: CompiledRules, disabled: ReadonlySet<string>): AnalyzerSession {
  const found = new Map<string, number>();
  const told = new Set<string>();
  const owners = new Map<number, { first: string; count: number }>();
  const accounts = new Map<string, readonly Account[]>();
  /** Entries that fit a rule but for their content, which comes next. */
  let pending: { readonly entry: EntryHeader; readonly rules: readonly CompiledRule[] } | undefined;

  function entry(entry: EntryHeader): FileResult | undefined {
    noteOwner(owners, entry);
    const name = nameOf(entry.path);
    let fitting: CompiledRule[] | undefined;
    for (const rule of rules.candidates(name, entry.kind))
      if (rule.fits(entry, name)) (fitting ??= []).push(rule);
    if (!fitting) return undefined;
    pending = { entry, rules: fitting.filter(({ rule }) => rule.content !== undefined) };
    return tell(
      entry,
      fitting.filter(({ rule }) => rule.content === undefined && isFirst(rule, entry.path)),
    );
  }

  /** Of a rule that is told once per directory. */
  function isFirst({ id, oncePer }: FilesystemRule, path: string): boolean {
    if (oncePer === undefined) return true;
    const key = `${id} ${oncePer.find((directory) => path.startsWith(directory)) ?? ''}`;
    if (told.has(key)) return false;
    told.add(key);
    return true;
  }

  function tell(entry: EntryHeader, fitting: readonly CompiledRule[]): FileResult | undefined {
    const counted = fitting.map(({ rule }) => {
      const count = (found.get(rule.id) ?? 0) + 1;
      found.set(rule.id, count);
      return { rule, count };
    });
    return resultOf(
      counted
        .filter(({ count }) => count <= MAX_FINDINGS_PER_RULE)
        .map(({ rule }) => toMisconfiguration(rule, entry)),
    );
  }

  function add(file: LayerFile): FileResult | undefined {
    if (PASSWD.has(file.path)) accounts.set(file.path, parsePasswd(textOf(file.content)));
    if (file.path === SHADOW) return resultOf(checkShadow(textOf(file.content)).filter(isEnabled));
    if (pending?.entry.path !== file.path || !PRIVATE_KEY.test(textOf(file.content))) return undefined;
    return tell(pending.entry, pending.rules);
  }

  function isEnabled({ ruleId }: FileMisconfiguration): boolean {
    return !disabled.has(ruleId);
  }

  function end(): ReadonlyMap<string, FileResult> {
    const [first] = accounts;
    const all = [...accounts.values()].flat();
    const results = new Map<string, FileResult>();
    const exceeded = [...found].flatMap(([id, count]) =>
      count > MAX_FINDINGS_PER_RULE ? [tooMany(id)] : [],
    );
    // Of the layer, as a later one may delete any file of it.
    if (exceeded.length > 0) results.set(WHOLE_LAYER, { diagnostics: exceeded });
    if (!first) return results;
    const misconfigurations = [...checkAccounts(all), ...checkOwners(owners, all)].filter(isEnabled);
    const result = resultOf(misconfigurations.slice(0, MAX_FINDINGS_PER_RULE));
    if (result) results.set(first[0], result);
    return results;
  }
  return { entry, add, end };
}

function noteOwner(owners: Map<number, { first: string; count: number }>, { uid, path }: EntryHeader): void {
  if (uid === undefined || uid === 0) return;
  const known = owners.get(uid);
  if (known) known.count++;
  else if (owners.size < MAX_OWNERS) owners.set(uid, { first: path, count: 1 } satisfies OwnedFiles);
}

function toMisconfiguration(rule: FilesystemRule, entry: EntryHeader): FileMisconfiguration {
  return {
    ruleId: rule.id,
    title: rule.title,
    description: rule.description,
    message: fillIn(rule.message, entry),
    resolution: rule.resolution,
    severity: rule.severity,
    subject: 'file',
    references: rule.references ?? [],
    entry: attributesOf(entry),
  };
}

function attributesOf({ mode, uid, gid }: EntryHeader): FileAttributes {
  return { mode, ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}

function fillIn(message: string, entry: EntryHeader): string {
  return message.replaceAll(/\{(path|mode|uid|gid|size|capabilities)\}/g, (whole, field: string) => {
    if (field === 'path') return entry.path.slice(0, MAX_SHOWN_PATH);
    if (field === 'mode') return entry.mode.toString(8).padStart(4, '0');
    if (field === 'uid') return String(entry.uid ?? 'unknown');
    if (field === 'gid') return String(entry.gid ?? 'unknown');
    if (field === 'size') return String(entry.sizeBytes);
    return field === 'capabilities' ? capabilitiesOf(entry) : whole;
  });
}

function capabilitiesOf({ xattrs }: EntryHeader): string {
  const value = xattrs?.get('security.capability');
  const names = value && decodeCapabilities(value);
  return names === undefined ? '(in an unknown form)' : names.length === 0 ? '(none)' : names.join(', ');
}

function tooMany(id: string): { code: string; message: string } {
  const message = `${id} fits more than ${MAX_FINDINGS_PER_RULE} entries of the layer; only the first are told`;
  return { code: 'MISCONFIGURATIONS_LIMIT', message };
}

function resultOf(misconfigurations: readonly FileMisconfiguration[]): FileResult | undefined {
  return misconfigurations.length === 0 ? undefined : { misconfigurations };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function textOf(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8');
}
