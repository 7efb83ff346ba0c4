/** `sha256:` (or `sha512:`) and lower-case hex. Made only by `base/digest.ts`. */
export type Digest = string & { readonly __digest: true };

/** Words as in the OCI image specification: `linux`, `amd64`, `v8`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** A registry reference in full: `registry` is a host with optional port, `repository` has no leading slash. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface Layer {
  /** Digest of the blob as stored (compressed). */
  readonly digest: Digest;
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest;
  readonly mediaType: string;
  /** Size of the blob as stored. */
  readonly sizeBytes: number;
  readonly createdBy?: string;
  /** Set for layers that are not fetched (foreign, unknown media type): the reason, for people. */
  readonly skipped?: string;
  /** In archives that do not record it, `digest` and `sizeBytes` are not those of the stored bytes: only diffID counts. */
  readonly digestUnknown?: true;
}

export interface ImageHistory {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The OCI image configuration, in its own field names, as far as it is used. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly author?: string;
  readonly docker_version?: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly Digest[] };
  readonly history: readonly ImageHistory[];
}

export interface Image {
  /** What the user asked for, as it is shown in reports. */
  readonly name: string;
  /** `sbom`: a bill of materials speaks for it, and nothing of it can be read. */
  readonly kind: 'image' | 'filesystem' | 'sbom';
  /** Of a bill of materials. */
  readonly sbomFormat?: 'cyclonedx' | 'spdx';
  /** Only for images of a registry. */
  readonly reference?: ImageReference;
  /** Digest of the platform's manifest; for a Docker archive, which has none, the config digest. */
  readonly digest: Digest;
  /** Digest of the config blob, which Docker calls the image ID. */
  readonly configDigest: Digest;
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  /** `repository:tag` names known for it. */
  readonly repoTags: readonly string[];
  /** `repository@digest` names known for it. */
  readonly repoDigests: readonly string[];
}
