/** How another scanner is to be shown who asks. */
export type AdapterAuth = 'none' | 'basic' | 'bearer' | 'api-key';

/** A scanner that speaks Harbor's pluggable scanner API. */
export interface AdapterTarget {
  readonly kind: 'adapter';
  /** `http` or `https`, maybe with a path; without user, query and fragment. */
  readonly url: string;
  readonly auth: AdapterAuth;
  readonly skipCertVerify: boolean;
  /** PEM. Trusted for this scanner besides those that are trusted anyway. */
  readonly caCertificate?: string;
}

/** What a program writes. */
export type ProgramOutput =
  'trivy-json' | 'grype-json' | 'syft-json' | 'cyclonedx-json' | 'spdx-json' | 'harbor';

/** One thing that a program can be run for. */
export interface ProgramScan {
  readonly type: 'vulnerability' | 'sbom';
  readonly output: ProgramOutput;
  /**
   * With `{reference}` in it where the image is named that lies in a registry. `{output}` is a file that the program
   * writes its result to; without, that is taken from standard output.
   */
  readonly arguments: readonly string[];
  /** The same for images in OCI layouts, with `{layout}`; absent where it reads none. */
  readonly layoutArguments?: readonly string[];
}

/** How a program learns the login for a registry: never by its arguments. */
export type ProgramLogin =
  | { readonly kind: 'docker-config' }
  | {
      readonly kind: 'variables';
      readonly username: string;
      readonly password: string;
      /** For a token of the registry; a program without cannot be given one. */
      readonly token?: string;
      /** Told the host of the registry, where the program asks for it. */
      readonly registry?: string;
    };

/** A scanner that is a program on the machine of whoever scans. */
export interface ProgramTarget {
  readonly kind: 'program';
  /** A path, or a name that is looked for in PATH. */
  readonly command: string;
  /** Who makes it. */
  readonly vendor?: string;
  /** Makes it tell its version, and perhaps the age of its database. */
  readonly versionArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly login: ProgramLogin;
  /** Variables for a registry without TLS. */
  readonly plainHttpEnvironment: Readonly<Record<string, string>>;
  readonly scans: readonly ProgramScan[];
  /** Exit codes besides 0 that come with a result. */
  readonly goodExitCodes: readonly number[];
  readonly maxOutputBytes: number;
}

/** Times of one scanner, in seconds. */
export interface ScannerTimeouts {
  /** For one answer to a request to scan. */
  readonly submitSeconds: number;
  /** For one answer with a report, its body included. */
  readonly reportSeconds: number;
  /** For a scan, from its request to its report. */
  readonly scanSeconds: number;
}

/** A scanner besides Drydock itself, and on which terms it is used. Its credential is not in here. */
export interface ScannerRegistration {
  readonly id: string;
  /** Unique. */
  readonly name: string;
  readonly description: string;
  /** Lower first. */
  readonly priority: number;
  /** Gets no scans. */
  readonly isDisabled: boolean;
  /** Gets no new scans, and vanishes with the last one. */
  readonly isDraining?: true;
  /** Who wrote it down: what stands in the file cannot be changed by requests. */
  readonly origin: 'request' | 'file';
  /** Types of reports that it is used for; absent for all that it says it makes. */
  readonly scanTypes?: readonly string[];
  /** Repositories, with `*`, for which it goes before others. */
  readonly repositories: readonly string[];
  readonly maxInFlight: number;
  readonly timeouts: ScannerTimeouts;
  readonly target: AdapterTarget | ProgramTarget;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
