import type { RustCrate } from '../../codec/rust-audit.ts';
import type { Package } from '../../model/package.ts';
import { openEdgeBudget } from '../edge-budget.ts';

/** Crates whose code is in the program at `path`. */
export function cratePackages(crates: readonly RustCrate[], path: string): Package[] {
  const take = openEdgeBudget();
  const inProgram = (crate: RustCrate | undefined) => crate !== undefined && !crate.isBuildOnly;
  return crates.filter(inProgram).map((crate): Package => {
    const needed = take(crate.dependencies).flatMap((index) => {
      const dependency = crates[index];
      return dependency && inProgram(dependency) ? [`${dependency.name}@${dependency.version}`] : [];
    });
    const dependsOn = [...new Set(needed)];
    return {
      type: 'cargo',
      name: crate.name,
      version: crate.version,
      licenses: [],
      application: 'rustbinary',
      ...(crate.isRoot && { relationship: 'root' as const }),
      ...(dependsOn.length > 0 && { dependsOn }),
      paths: [path],
    };
  });
}
