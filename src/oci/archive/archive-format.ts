import { DrydockError } from '../../base/errors.ts';
import { invalid } from './tar-members.ts';

export type ArchiveFormat = 'oci' | 'docker';

/**
 * Which of the two formats an archive is read as. `docker save` has written both at once since version 25; the OCI
 * half states the digests, so it is preferred.
 *
 * @throws DrydockError ARCHIVE_INVALID, MANIFEST_UNSUPPORTED
 */
export function formatOf(
  has: (path: string) => boolean,
  asked: ArchiveFormat | undefined,
  name: string,
): ArchiveFormat {
  const [isOci, isDocker] = [has('index.json'), has('manifest.json')];
  if (asked === 'oci' && !isOci) return invalid(name, 'has no index.json, so it is no OCI archive');
  if (asked === 'oci' || (asked === undefined && isOci && (has('oci-layout') || !isDocker))) return 'oci';
  if (isDocker) return 'docker';
  if (has('repositories')) {
    throw new DrydockError('MANIFEST_UNSUPPORTED', `${name} was saved by a Docker older than 1.10`, {
      hint: 'Load it into a current Docker and save it again.',
    });
  }
  const what =
    asked === undefined
      ? 'is no image archive: it has neither index.json nor manifest.json'
      : 'has no manifest.json, so it is no Docker archive';
  return invalid(name, what);
}
