import type { ForeignType } from '../../server/composite/capabilities.ts';
import { reportTypeOf } from '../../scan/composite/scan-types.ts';
import type { Scanners } from './scanner-registrations.ts';

/** Types of reports that registered scanners make, as far as they have said so. */
export async function foreignTypes({ choice, directory }: Scanners): Promise<readonly ForeignType[]> {
  const types = new Map<string, { readonly consumes: Set<string>; readonly scanners: Set<string> }>();
  const { registrations } = await directory.book();
  for (const registration of registrations) {
    if (registration.isDisabled || registration.isDraining) continue;
    const { metadata } = choice.stateNow(registration);
    for (const { produces, consumes } of metadata?.capabilities ?? []) {
      for (const mediaType of produces.map((type) => reportTypeOf(type) ?? type)) {
        const known = types.get(mediaType) ?? { consumes: new Set(), scanners: new Set() };
        types.set(mediaType, known);
        known.scanners.add(registration.name);
        for (const manifest of consumes) known.consumes.add(manifest);
      }
    }
  }
  return [...types].map(([mediaType, { consumes, scanners }]) => ({
    mediaType,
    consumes: [...consumes],
    scanners: [...scanners],
  }));
}
