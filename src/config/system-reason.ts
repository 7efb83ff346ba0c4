import { messageOf } from '../base/errors.ts';

/** Why a system call failed, in plain words: without its code, its name and a path that the caller tells anyway. */
export function systemReason(error: unknown): string {
  const isSystemCall = error instanceof Error && 'syscall' in error;
  const [reason = ''] = messageOf(error).split(', ');
  return isSystemCall ? reason.replace(/^[A-Z][A-Z0-9_]*: /, '') : messageOf(error);
}
