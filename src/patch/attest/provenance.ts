import type { PackageUpdate, UsedIndex } from '../../model/patch.ts';
import type { Origin } from '../image/patch-marks.ts';
import { digestSet } from './statement.ts';

export interface ProvenanceFacts {
  readonly origin: Origin;
  readonly indexes: readonly UsedIndex[];
  readonly applied: readonly Pick<PackageUpdate, 'name' | 'to' | 'archive'>[];
  /** Of the program. */
  readonly version: string;
  readonly engine: string;
  readonly input?: string;
  readonly policy?: string;
  readonly platform: string;
  /** RFC 3339; left out where the same inputs shall give the same bytes. */
  readonly startedOn?: string;
  readonly finishedOn?: string;
}

export const SLSA_PROVENANCE = 'https://slsa.dev/provenance/v1';
const BUILD_TYPE = 'https://drydock.dev/patch/v1';

/** What a patched image was made from. @see https://slsa.dev/spec/v1.0/provenance */
export function provenance(facts: ProvenanceFacts): object {
  const { origin, version, engine, input, policy, platform, startedOn, finishedOn } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { source: origin.digest, sourceName: origin.name, platform, policy, input },
      internalParameters: { engine },
      resolvedDependencies: [
        { uri: sourceUri(origin), digest: digestSet(origin.digest) },
        ...facts.indexes.map(({ url, sha256, date }) => ({
          uri: bare(url),
          digest: { sha256 },
          annotations: { date },
        })),
        ...facts.applied.map(({ name, to, archive }) => ({
          name: `${name} ${to}`,
          uri: bare(archive.url),
          digest: { sha256: archive.sha256 },
        })),
      ],
    },
    runDetails: {
      builder: { id: `https://drydock.dev/patch/${engine}`, version: { drydock: version } },
      metadata: { startedOn, finishedOn },
    },
  };
}

function sourceUri({ name, digest }: Origin): string {
  return name === undefined ? `oci:${digest}` : `oci://${name}@${digest}`;
}

/** Addresses of archives may hold a user's password, which nobody else shall read. */
function bare(url: string): string {
  if (!URL.canParse(url)) return '';
  const parsed = new URL(url);
  parsed.username = parsed.password = '';
  parsed.search = parsed.hash = '';
  return parsed.href;
}
