import { readFile } from 'node:fs/promises';
import { DrydockError, hasErrno } from '../base/errors.ts';
import { systemReason } from '../config/system-reason.ts';
import type { Report } from '../model/report.ts';
import type { ReportFormat } from '../reports/format.ts';
import type { IgnoreRule } from '../reports/ignore-file.ts';
import { findFormat } from '../reports/list.ts';
import { selectFindings } from '../reports/select.ts';
import type { Invocation } from './command.ts';
import type { Look } from './terminal.ts';

/** Filters reports and puts them into words. */
export interface Teller {
  tell(report: Report): { readonly pieces: Iterable<string>; readonly findings: number };
}

/** Looked for where the program runs, in this order. */
const IGNORE_FILES = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml'];

/** @throws DrydockError IGNORE_FILE_INVALID, USAGE_INVALID: before anything was scanned */
export async function openTeller({ loaded: { config }, look, trace }: Invocation): Promise<Teller> {
  const format = formatNamed(config.format);
  const ignoreRules = await readIgnoreRules(config.ignorefile);
  trace('ignore rules read', { rules: ignoreRules.length });
  const parameters = parametersFor(config.output === undefined ? look : FILE, config.listAllPkgs);
  return {
    tell(report) {
      const { report: selected } = selectFindings(report, {
        severities: config.severity,
        ignoreUnfixed: config.ignoreUnfixed,
        ignoreStatuses: config.ignoreStatus,
        pkgTypes: config.pkgTypes,
        ignoreRules,
        now: new Date(),
      });
      return { pieces: format.encode(selected, parameters), findings: selected.findings.length };
    },
  };
}

const FILE: Look = { isTerminal: false, color: false, width: undefined };

function formatNamed(id: string): ReportFormat {
  const format = findFormat(id);
  if (format) return format;
  throw new DrydockError('USAGE_INVALID', `there is no format ${JSON.stringify(id)}`);
}

function parametersFor(look: Look, listAllPkgs: boolean): Record<string, string> {
  return {
    listAllPkgs: String(listAllPkgs),
    ...(look.color && { color: 'always' }),
    ...(look.isTerminal && look.color && { links: 'osc8' }),
    ...(look.width !== undefined && { width: String(look.width) }),
  };
}

async function readIgnoreRules(named: string | undefined): Promise<readonly IgnoreRule[]> {
  for (const path of named === undefined ? IGNORE_FILES : [named]) {
    const text = await readText(path, named !== undefined);
    if (text === undefined) continue;
    const { parseIgnoreFile } = await import('../reports/ignore-file.ts');
    return parseIgnoreFile(text, path);
  }
  return [];
}

async function readText(path: string, mustExist: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (!mustExist && hasErrno(cause, 'ENOENT')) return undefined;
    throw new DrydockError(
      'IGNORE_FILE_INVALID',
      `ignore file ${path} cannot be read: ${systemReason(cause)}`,
      { cause },
    );
  }
}
