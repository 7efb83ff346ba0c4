import type { InstalledApk } from './database/record.ts';
import { parseRelation } from './plan/relations.ts';

/** What installs itself, and what is not there yet of that which it waits for. */
interface Waiting {
  readonly name: string;
  readonly missing: Set<string>;
}

type Ordered = Pick<InstalledApk, 'name' | 'depends' | 'provides' | 'installIf'>;

/**
 * Names of packages in the order in which apk installs them: what the world names, each after what it needs, and what
 * installs itself after the last that it waits for; then the rest.
 */
export function installOrder(packages: readonly Ordered[], world: readonly string[]): string[] {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const providers = new Map<string, Ordered>(byName);
  const waiting = new Map<string, Waiting[]>();
  for (const each of packages) {
    for (const name of namesIn(each.provides)) if (!providers.has(name)) providers.set(name, each);
  }
  for (const each of packages) {
    const missing = new Set(namesIn(each.installIf).map((name) => providers.get(name)?.name ?? name));
    for (const name of missing) {
      const known = waiting.get(name);
      if (known) known.push({ name: each.name, missing });
      else waiting.set(name, [{ name: each.name, missing }]);
    }
  }
  const order = new Set<string>();
  // By a list of what is to be done rather than by calls: a chain of dependencies may be long.
  const visit = (start: string): void => {
    const begun = new Set<string>();
    const stack = [start];
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const pkg = providers.get(name);
      if (!pkg || order.has(pkg.name)) stack.pop();
      else if (begun.has(pkg.name)) {
        stack.pop();
        order.add(pkg.name);
        const ready = (waiting.get(pkg.name) ?? []).filter(
          ({ missing }) => missing.delete(pkg.name) && missing.size === 0,
        );
        stack.push(...ready.map((each) => each.name).reverse());
      } else {
        begun.add(pkg.name);
        stack.push(
          ...namesIn(pkg.depends)
            .filter((one) => !begun.has(providers.get(one)?.name ?? ''))
            .reverse(),
        );
      }
    }
  };
  for (const name of [...namesIn(world), ...[...byName.keys()].sort()]) visit(name);
  return [...order];
}

function namesIn(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const relation = parseRelation(word);
    return relation && !relation.isConflict ? [relation.name] : [];
  });
}
