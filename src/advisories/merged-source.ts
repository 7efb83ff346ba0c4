import { sha256Of } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import { mergeStores, mergeVersions } from './merged.ts';
import type { AdvisorySource, AdvisoryStore } from './source.ts';

/** Several sources as one. The first counts most; all must be there. */
export function mergedSource(sources: readonly AdvisorySource[]): AdvisorySource {
  const [first, ...others] = sources;
  if (first && others.length === 0) return first;
  if (!first) return nothing;
  return {
    id: sources.map(({ id }) => id).join('+'),
    async update(options) {
      const versions: AdvisoryDbVersion[] = [];
      for (const source of sources) versions.push(await source.update(options));
      return mergeVersions(versions);
    },
    async current() {
      const versions = await Promise.all(sources.map((source) => source.current()));
      const known = versions.filter((version) => version !== undefined);
      return known.length === versions.length ? mergeVersions(known) : undefined;
    },
    async open() {
      const opened: AdvisoryStore[] = [];
      try {
        for (const source of sources) opened.push(await source.open());
      } catch (error) {
        for (const store of opened) await store[Symbol.asyncDispose]();
        throw error;
      }
      return mergeStores(opened);
    },
  };
}

/** Where only other things than vulnerabilities are looked for. */
const nothing: AdvisorySource = {
  id: 'none',
  update: () => Promise.resolve({ source: 'none', digest: sha256Of(''), builtAt: '' }),
  current: () => Promise.resolve(undefined),
  open() {
    throw new DrydockError('DATABASE_MISSING', 'no database of advisories is named', {
      hint: 'Name one with --db trivy or --db osv.',
    });
  },
};
