import { RPM_TAG, type RpmHeader, type RpmTag } from '../../codec/rpm-header.ts';
import type { Package } from '../../model/package.ts';

/** Collects what packages ask of and offer to one another, and resolves the one by the other. */
export interface Dependencies {
  add(pkg: Package, header: RpmHeader): void;
  /** False once there was too much to remember: some dependencies are then missing. */
  isComplete(): boolean;
  /** The packages in order of their being added, with the names of those that provide what they require. */
  resolve(): Package[];
}

/** Some hundred bytes a capability make this a few hundred megabytes at worst; a full system has a tenth. */
const MAX_CAPABILITIES = 1_000_000;
const MAX_CHARACTERS = 64 << 20;

export function openDependencies(): Dependencies {
  const providers = new Map<string, string>();
  const entries: { readonly pkg: Package; readonly requires: readonly string[] }[] = [];
  let capabilities = 0;
  let characters = 0;
  let isFull = false;

  /** Nothing more once there is too much. */
  function taken(header: RpmHeader, tag: RpmTag): readonly string[] {
    if (isFull) return [];
    const texts = header.texts(tag);
    capabilities += texts.length;
    for (const text of texts) characters += text.length;
    isFull = capabilities > MAX_CAPABILITIES || characters > MAX_CHARACTERS;
    return isFull ? [] : texts;
  }

  function namesFor(pkg: Package, requires: readonly string[]): string[] {
    const names = new Set<string>();
    for (const capability of requires) {
      const provider = providers.get(capability);
      if (provider !== undefined && provider !== pkg.name) names.add(provider);
    }
    return [...names];
  }

  return {
    add(pkg, header) {
      for (const capability of taken(header, RPM_TAG.provideName)) {
        if (!providers.has(capability)) providers.set(capability, pkg.name);
      }
      entries.push({ pkg, requires: taken(header, RPM_TAG.requireName) });
    },
    isComplete: () => !isFull,
    resolve: () =>
      entries.map(({ pkg, requires }) => {
        const dependsOn = namesFor(pkg, requires);
        return dependsOn.length > 0 ? { ...pkg, dependsOn } : pkg;
      }),
  };
}
