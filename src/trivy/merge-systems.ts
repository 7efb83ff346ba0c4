import { clone } from '@bufbuild/protobuf';
import { OSSchema, type OS } from './messages/common.ts';

/** Their files lie in derived systems too, so that a later word is the better one. */
const BASES = ['redhat', 'debian'];

/** What release files of several layers say of one operating system; undefined where none says anything. */
export function mergeSystems(systems: readonly OS[]): OS | undefined {
  let merged: OS | undefined;
  for (const next of systems) {
    if (isEmpty(next)) continue;
    if (!merged || BASES.includes(merged.family)) {
      const before: OS | undefined = merged;
      merged = clone(OSSchema, next);
      merged.extended ||= before?.extended ?? false;
      merged.supplier ||= before?.supplier ?? '';
      continue;
    }
    merged.family ||= next.family;
    merged.name ||= next.name;
    merged.extended ||= next.extended;
    merged.supplier ||= next.supplier;
  }
  return merged;
}

function isEmpty({ family, name, eosl, extended, supplier }: OS): boolean {
  return family === '' && name === '' && !eosl && !extended && supplier === '';
}
