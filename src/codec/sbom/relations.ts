import { SBOM_LIMITS, SbomError } from './document.ts';

/** Gathers who holds or needs whom. */
export interface RelationList {
  add(from: string, to: string): void;
  all(): ReadonlyMap<string, readonly string[]>;
}

export function openRelations(): RelationList {
  const relations = new Map<string, string[]>();
  let count = 0;
  return {
    add(from, to) {
      if (++count > SBOM_LIMITS.relations)
        throw new SbomError('too-large', `it has more than ${SBOM_LIMITS.relations} relations`);
      const known = relations.get(from);
      if (known) known.push(to);
      else relations.set(from, [to]);
    },
    all: () => relations,
  };
}

/** @throws SbomError when there are more components than anybody has */
export function checkCount(components: number): void {
  if (components > SBOM_LIMITS.components)
    throw new SbomError('too-large', `it has more than ${SBOM_LIMITS.components} components`);
}
