import { DrydockError } from '../../base/errors.ts';
import { within } from '../../store/deadline.ts';

/**
 * What a store gives, if it does so soon enough.
 *
 * @throws DrydockError STORE_UNAVAILABLE, and what the task throws
 */
export function soon<T>(task: Promise<T>, ms: number): Promise<T> {
  return within(
    ms,
    task,
    () => new DrydockError('STORE_UNAVAILABLE', `the store of scans did not answer within ${ms} ms`),
  );
}
