/** Why a bill of materials cannot be read. Whoever reads it for a user says which one it was. */
export class SbomError extends Error {
  override readonly name = 'SbomError';
  readonly problem: 'damaged' | 'unsupported' | 'too-large';

  constructor(problem: SbomError['problem'], message: string) {
    super(message);
    this.problem = problem;
  }
}

export const SBOM_LIMITS = {
  bytes: 64 << 20,
  components: 1_000_000,
  relations: 5_000_000,
  /** Objects and lists within each other. */
  depth: 256,
  /** Objects and lists in all: each component has a dozen. */
  containers: 8_000_000,
  /** Of one component. */
  properties: 1_000,
} as const;

export type SbomComponentKind = 'container' | 'operating-system' | 'application' | 'library' | 'other';

/** What both formats say of a part, in one spelling. */
export interface SbomComponent {
  /** Names it within its document. */
  readonly ref: string;
  readonly kind: SbomComponentKind;
  readonly name: string;
  readonly group?: string;
  readonly version?: string;
  readonly description?: string;
  readonly purl?: string;
  readonly supplier?: string;
  /** Names and expressions as they stand. */
  readonly licenses: readonly string[];
  /** `algorithm:hex`, in lower case. */
  readonly hashes: readonly string[];
  /** Where it was found, as far as the format has a place for it. */
  readonly paths: readonly string[];
  /** Of the package of sources it was built from, with its version if that is known. */
  readonly source?: { readonly name: string; readonly version?: string };
  /** Values by name; Trivy's names stand without their prefix. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
  /** Not part of what runs. */
  readonly isExcluded?: true;
}

export interface SbomDocument {
  readonly format: 'cyclonedx' | 'spdx';
  readonly specVersion: string;
  readonly name?: string;
  /** What the document is about; it stands among the components too. */
  readonly subject?: SbomComponent;
  readonly components: readonly SbomComponent[];
  /** What a component holds or depends on, by reference. */
  readonly relations: ReadonlyMap<string, readonly string[]>;
}

export const TRIVY_PREFIX = 'aquasecurity:trivy:';
export const DRYDOCK_PREFIX = 'dev.drydock:';

/** The first value of a property. */
export function propertyOf({ properties }: SbomComponent, name: string): string | undefined {
  return properties.get(name)?.[0];
}
