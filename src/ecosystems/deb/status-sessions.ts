import type { AnalyzerSession, FileResult } from '../../analysis/analyzer.ts';
import type { FileDiagnostic } from '../diagnostic-list.ts';
import { openFileLists, parseListLine, parseSumLine, type FileLists } from './file-lists.ts';
import { parseStatus } from './parse-status.ts';

export const STATUS = 'var/lib/dpkg/status';
export const STATUS_DIRECTORY = 'var/lib/dpkg/status.d/';
const INFO_DIRECTORY = 'var/lib/dpkg/info/';
const LIST = '.list';
const SUMS = '.md5sums';

/** `var/lib/dpkg/info/NAME.list` or `…/NAME:ARCHITECTURE.list`. */
export function isFileList(path: string): boolean {
  return path.startsWith(INFO_DIRECTORY) && path.endsWith(LIST);
}

/** The database of dpkg, with the lists of files beside it, which may come before it or after. */
export function beginStatus(): AnalyzerSession {
  const lists = openFileLists(parseListLine);
  const thirdParty = new Set<string>();
  let firstList: string | undefined;
  let hasStatus = false;

  // Other makers' packages hide nothing: no advisory of the distribution speaks for them.
  const installedFiles = () => lists.files((name) => thirdParty.has(name));

  function addStatus(path: string, content: Uint8Array): FileResult | undefined {
    const result = parseStatus(content, path, 'all');
    // Elsewhere a file of that name may be anything at all.
    if (path !== STATUS) return result.packages?.length ? result : undefined;
    hasStatus = true;
    thirdParty.clear();
    for (const pkg of result.packages ?? []) if (pkg.thirdParty) thirdParty.add(pkg.name);
    return { ...result, installedFiles };
  }

  return {
    add({ path, content }) {
      if (!isFileList(path)) return addStatus(path, content);
      firstList ??= path;
      lists.add(path.slice(INFO_DIRECTORY.length, -LIST.length).split(':', 1)[0] ?? '', content);
      return undefined;
    },
    end() {
      if (firstList === undefined || (hasStatus && lists.leftOut === 0)) return new Map();
      return new Map([[firstList, { diagnostics: leftOutOf(lists), ...(!hasStatus && { installedFiles }) }]]);
    },
  };
}

function leftOutOf({ leftOut }: FileLists): FileDiagnostic[] {
  if (leftOut === 0) return [];
  const message = `the files of ${leftOut} packages were not read, since there are too many in all`;
  return [{ code: 'PACKAGE_FILES_LIMIT', message }];
}

/** A record a file, each with the digests of its package's files beside it. */
export function beginStatusDirectory(): AnalyzerSession {
  const lists = openFileLists(parseSumLine);
  return {
    add({ path, content }) {
      const name = path.slice(STATUS_DIRECTORY.length);
      if (name.endsWith(SUMS)) {
        lists.add(name.slice(0, -SUMS.length), content);
        return undefined;
      }
      const result = parseStatus(content, path, 'one');
      const isOfficial = result.packages?.some((pkg) => !pkg.thirdParty);
      return isOfficial ? { ...result, installedFiles: () => lists.filesOf(name) } : result;
    },
  };
}
