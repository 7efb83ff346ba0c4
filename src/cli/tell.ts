import { readFile } from 'node:fs/promises';
import { DrydockError, hasErrno } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { systemReason } from '../config/system-reason.ts';
import type { Report } from '../model/report.ts';
import type { ReportFormat } from '../reports/format.ts';
import type { IgnoreRule } from '../reports/ignore-file.ts';
import { loadFormat } from '../reports/list.ts';
import { selectFindings } from '../reports/select.ts';
import type { VexStatement } from '../reports/vex/statement.ts';
import type { Invocation } from './command.ts';
import type { Look } from './terminal.ts';

/** Filters reports and puts them into words. */
export interface Teller {
  /** What of it is told. */
  select(report: Report): Report;
  tell(report: Report): { readonly pieces: Iterable<string>; readonly findings: number };
}

/** Looked for where the program runs, in this order. */
const IGNORE_FILES = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml'];

/** @throws DrydockError IGNORE_FILE_INVALID, USAGE_INVALID: before anything was scanned */
export async function openTeller({ loaded: { config }, look, trace, host }: Invocation): Promise<Teller> {
  const format = await formatNamed(config.format);
  const ignored = await readIgnoreRules(config.ignorefile);
  const vex = await readVexFiles(config.vex);
  trace('ignore rules read', { rules: ignored.rules.length, statements: vex.length });
  const parameters = {
    ...parametersFor(look, config),
    ...(await templateOf(config)),
    ...(config.format === 'github' && workflowOf(host.env)),
  };
  const select = (report: Report): Report =>
    selectFindings(report, {
      severities: config.severity,
      ignoreUnfixed: config.ignoreUnfixed,
      ignoreStatuses: config.ignoreStatus,
      pkgTypes: config.pkgTypes,
      ignoreRules: ignored.rules,
      ...(ignored.file !== undefined && { ignoreFile: ignored.file }),
      vex,
      exploitedOnly: config.exploited,
      includeDevelopment: config.includeDevDeps,
      now: new Date(),
    });
  return {
    select,
    tell(report) {
      const selected = select(report);
      return { pieces: format.encode(selected, parameters), findings: selected.findings.length };
    },
  };
}

/** Where a workflow of GitHub runs, its variables say what the snapshot is of. */
function workflowOf(env: Invocation['host']['env']): Record<string, string> {
  const told: readonly (readonly [string, string | undefined])[] = [
    ['sha', env['GITHUB_SHA']],
    ['ref', env['GITHUB_REF']],
    ['correlator', [env['GITHUB_WORKFLOW'], env['GITHUB_JOB']].filter(Boolean).join('-')],
    ['jobId', env['GITHUB_RUN_ID']],
  ];
  return Object.fromEntries(told.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}

/** @throws DrydockError USAGE_INVALID, TEMPLATE_INVALID, before anything is scanned */
async function templateOf({
  format,
  template,
}: Config): Promise<{ readonly template?: string; readonly templateName?: string }> {
  if (format !== 'template') return {};
  if (template === undefined)
    throw new DrydockError('USAGE_INVALID', '--format template needs --template FILE');
  const path = template.replace(/^@/, '');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('USAGE_INVALID', `cannot read template ${path}: ${systemReason(cause)}`, {
      cause,
    });
  });
  return { template: text, templateName: path };
}

const FILE: Look = { isTerminal: false, color: false, width: undefined };

async function formatNamed(id: string): Promise<ReportFormat> {
  const format = await loadFormat(id);
  if (format) return format;
  throw new DrydockError('USAGE_INVALID', `there is no format ${JSON.stringify(id)}`);
}

/** What formats are told of the place they write to, and of the settings. */
export function parametersFor(
  stdout: Look,
  { output, listAllPkgs, showSuppressed }: Config,
): Record<string, string> {
  const look = output === undefined ? stdout : FILE;
  return {
    listAllPkgs: String(listAllPkgs),
    showSuppressed: String(showSuppressed),
    ...(look.color && { color: 'always' }),
    ...(look.isTerminal && look.color && { links: 'osc8' }),
    ...(look.width !== undefined && { width: String(look.width) }),
  };
}

interface Ignored {
  readonly rules: readonly IgnoreRule[];
  readonly file?: string;
}

async function readIgnoreRules(named: string | undefined): Promise<Ignored> {
  for (const path of named === undefined ? IGNORE_FILES : [named]) {
    const text = await readText(path, named !== undefined);
    if (text === undefined) continue;
    const { parseIgnoreFile } = await import('../reports/ignore-file.ts');
    return { rules: parseIgnoreFile(text, path), file: path };
  }
  return { rules: [] };
}

async function readVexFiles(paths: readonly string[]): Promise<readonly VexStatement[]> {
  if (paths.length === 0) return [];
  const { readVex } = await import('../reports/vex/read-vex.ts');
  const read = async (path: string): Promise<readonly VexStatement[]> => {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new DrydockError('VEX_INVALID', `VEX document ${path} cannot be read: ${systemReason(cause)}`, {
        cause,
      });
    });
    return readVex(bytes, path);
  };
  return (await Promise.all(paths.map(read))).flat();
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
