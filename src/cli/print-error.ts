import { DrydockError, messageOf } from '../base/errors.ts';
import { EXIT_CODES } from './exit.ts';

const CAUSES_MAX = 5;

/** The one line that tells what failed, of what, and what to do. */
export function errorLine(error: unknown): string {
  if (error instanceof DrydockError && error.kind !== 'bug') {
    return withoutLogins(sentence(error.message, error.hint));
  }
  return sentence(`internal error: ${messageOf(error)}`, 'Please report it with what --debug prints.');
}

/** `https://user:password@host` as somebody may have typed it; a password may hold any of the signs in it. */
export function withoutLogins(text: string): string {
  return text.replace(/(:\/\/)[^\s"]{1,1000}@/g, '$1…@');
}

/** The stack and what caused it, for `--debug` alone. */
export function errorDetails(error: unknown): string[] {
  const lines: string[] = [];
  let at: unknown = error;
  for (let depth = 0; at !== undefined && depth < CAUSES_MAX; depth++) {
    const code = at instanceof DrydockError ? ` [${at.code}]` : '';
    const [head = '', ...frames] =
      at instanceof Error ? (at.stack ?? messageOf(at)).split('\n') : [messageOf(at)];
    lines.push(`${depth > 0 ? 'caused by ' : ''}${head}${code}`, ...frames);
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines;
}

export function exitCodeOf(error: unknown): number {
  return EXIT_CODES[error instanceof DrydockError ? error.kind : 'bug'];
}

function sentence(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
