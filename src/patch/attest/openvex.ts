import { sha256Of } from '../../base/digest.ts';
import type { OperatingSystem } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { NamedUpdate, UnfixedFinding, UnfixedReason } from '../../model/patch.ts';
import { packageUrlOf } from '../../reports/package-identity.ts';
import { imageUrl, updateUrl } from './product.ts';

export interface VexFacts {
  /** As it was published. */
  readonly image: Image;
  readonly os: OperatingSystem | undefined;
  readonly applied: readonly NamedUpdate[];
  /** Findings that stay, and why. */
  readonly unfixed: readonly UnfixedFinding[];
  /** What scanning the patched image still finds. */
  readonly remaining: readonly { readonly id: string }[];
  readonly author: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly tooling: string;
  /** Of the document that this one follows, plus one. */
  readonly version?: number;
}

export interface VexStatement {
  readonly vulnerability: { readonly name: string };
  readonly products: readonly VexProduct[];
  readonly status: 'fixed' | 'affected';
  readonly status_notes?: string;
  readonly action_statement?: string;
}

interface VexProduct {
  readonly '@id': string;
  readonly identifiers: { readonly purl: string };
  readonly hashes: Readonly<Record<string, string>>;
  readonly subcomponents: readonly { readonly '@id': string }[];
}

export interface VexDocument {
  readonly '@context': string;
  readonly '@id': string;
  readonly author: string;
  readonly timestamp: string;
  readonly version: number;
  readonly tooling: string;
  readonly statements: readonly VexStatement[];
}

export const OPENVEX = 'https://openvex.dev/ns/v0.2.0';

/**
 * What became of the vulnerabilities. `fixed` is said only of those that scanning the result no longer finds;
 * `not_affected` is never said, as that is not for a machine to judge.
 *
 * @returns undefined where there is nothing to say
 * @see https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export function vexDocument(facts: VexFacts): VexDocument | undefined {
  const statements = [...fixedStatements(facts), ...affectedStatements(facts)].sort(byContent);
  if (statements.length === 0) return undefined;
  const { author, timestamp, tooling, version = 1 } = facts;
  const id = sha256Of(JSON.stringify([timestamp, version, author, statements])).slice('sha256:'.length);
  return {
    '@context': OPENVEX,
    '@id': `https://openvex.dev/docs/drydock/patch-${id}`,
    author,
    timestamp,
    version,
    tooling,
    statements,
  };
}

function fixedStatements(facts: VexFacts): VexStatement[] {
  const byId = new Map<string, NamedUpdate[]>();
  for (const update of facts.applied) {
    for (const id of update.fixes) byId.set(id, [...(byId.get(id) ?? []), update]);
  }
  return [...byId].flatMap(([id, updates]) => {
    // One package that still has it makes the image one that has it.
    if (facts.remaining.some((one) => one.id === id)) return [];
    return [
      {
        vulnerability: { name: id },
        products: [
          productOf(
            facts,
            updates.flatMap((update) => bothUrls(update, facts.os)),
          ),
        ],
        status: 'fixed' as const,
        status_notes: updates.map(({ name, from, to }) => `${name} ${from} was replaced by ${to}`).join('; '),
      },
    ];
  });
}

/** Reports of either version shall find the statement. */
function bothUrls(update: NamedUpdate, os: OperatingSystem | undefined): string[] {
  return [updateUrl(update, update.to, os), updateUrl(update, update.from, os)];
}

function affectedStatements(facts: VexFacts): VexStatement[] {
  return facts.unfixed.flatMap(({ finding, reason, detail }) => {
    if (!facts.remaining.some((one) => one.id === finding.id)) return [];
    return [
      {
        vulnerability: { name: finding.id },
        products: [productOf(facts, [packageUrlOf(finding.package, facts.os)])],
        status: 'affected' as const,
        action_statement: `${ACTIONS[reason]} (${detail})`,
      },
    ];
  });
}

const ACTIONS: Readonly<Record<UnfixedReason, string>> = {
  'no-fix': 'No version that mends it is known: restrict what can reach the package, and patch again later.',
  'not-in-sources': 'Add a package source that has the mended version, then patch again.',
  'new-dependency-required':
    'Build the image anew: the mended version needs packages that are not installed.',
  held: 'Release the hold on the package, then patch again.',
  conflict: 'Build the image anew: the mended version conflicts with what is installed.',
  'unsafe-maintainer-script':
    'Build the image anew, or patch it with an engine that runs maintainer scripts.',
  'not-a-system-package': 'Update the package in what the image is built from, and build the image anew.',
  'not-selected': 'Select the package for patching.',
};

function productOf({ image }: VexFacts, parts: readonly string[]): VexProduct {
  const url = imageUrl(image);
  return {
    '@id': url,
    identifiers: { purl: url },
    hashes: { 'sha-256': image.digest.slice(image.digest.indexOf(':') + 1) },
    subcomponents: [...new Set(parts)].map((part) => ({ '@id': part })),
  };
}

function byContent(a: VexStatement, b: VexStatement): number {
  const [left, right] = [
    JSON.stringify([a.vulnerability.name, a]),
    JSON.stringify([b.vulnerability.name, b]),
  ];
  return left < right ? -1 : left > right ? 1 : 0;
}
