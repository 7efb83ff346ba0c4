import { DrydockError } from '../../../base/errors.ts';

/** A package that does not hold together; `of` is its file name or its name and version. */
export function invalidArchive(of: string, what: string, cause?: unknown): DrydockError {
  return new DrydockError('PACKAGE_ARCHIVE_INVALID', `the package ${of} cannot be read: ${what}`, { cause });
}
