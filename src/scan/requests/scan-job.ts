import type { Job, ScanRecord } from '../../model/job.ts';
import { parseReference } from '../../oci/reference.ts';

/** @throws DrydockError REFERENCE_INVALID */
export function toScanJob({ id, request }: Pick<ScanRecord, 'id' | 'request'>): Job {
  return { id, kind: 'scan', priority: request.priority, lane: parseReference(request.image).registry };
}
