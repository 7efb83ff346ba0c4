import type { BillPart } from './bill.ts';

/**
 * Enters what packages of one result need of each other.
 *
 * @returns whether what they lie in names a package itself: all of an operating system; of an application those that it
 * asked for, and those that nobody is known to need
 */
export function openDependencies(libraries: readonly BillPart[]): (library: BillPart) => boolean {
  const byName = new Map<string, BillPart>();
  for (const library of libraries) {
    const { package: pkg, name, version } = library;
    if (pkg?.application !== undefined && version !== undefined) byName.set(`${name}@${version}`, library);
    if (!byName.has(name)) byName.set(name, library);
  }
  for (const library of libraries) {
    const needs = new Set((library.package?.dependsOn ?? []).flatMap((name) => byName.get(name) ?? []));
    needs.delete(library);
    library.needs.push(...needs);
  }
  const reached = new Set<BillPart>();
  const isAskedFor = ({ package: pkg }: BillPart): boolean =>
    pkg?.application === undefined || pkg.relationship !== 'indirect';
  const reach = (start: BillPart): void => {
    const waiting = [start];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(...next.needs);
    }
  };
  const held = new Set(libraries.filter(isAskedFor));
  held.forEach(reach);
  for (const library of libraries) {
    if (reached.has(library)) continue;
    held.add(library);
    reach(library);
  }
  return (library) => held.has(library);
}
