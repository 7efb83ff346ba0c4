import { DrydockError } from '../../base/errors.ts';
import { redacted } from '../../base/redacted.ts';
import {
  ProgramFailure,
  runProgram as runInGroup,
  type ProgramEnd,
  type ProgramRun,
} from '../../base/run-program.ts';

export interface EngineRun extends Omit<ProgramRun, 'maxResultBytes'> {
  /** Must not be seen in what it writes. */
  readonly secrets?: readonly string[];
}

/**
 * Runs a program in a process group of its own, so that what it starts ends with it.
 *
 * @returns with the end of what it wrote, both streams together, without secrets
 * @throws DrydockError ENGINE_UNAVAILABLE where there is no such program, TIMED_OUT; the signal's reason
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { secrets = [], ...run }: EngineRun,
): Promise<Pick<ProgramEnd, 'code' | 'log'>> {
  try {
    const { code, log } = await runInGroup(program, args, run);
    return { code, log: redacted(log, secrets) };
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    throw toEngineError(error);
  }
}

function toEngineError({ fault, message, cause }: ProgramFailure): DrydockError {
  if (fault === 'missing') {
    return new DrydockError('ENGINE_UNAVAILABLE', message, {
      hint: 'Install copa 0.12 or later (https://project-copacetic.github.io), or use the embedded engine.',
      cause,
    });
  }
  return new DrydockError(fault === 'late' ? 'TIMED_OUT' : 'ENGINE_FAILED', message, { cause });
}
