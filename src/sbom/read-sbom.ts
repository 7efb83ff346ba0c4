import { sha256Of, toDigest } from '../base/digest.ts';
import { DrydockError, type ErrorCode } from '../base/errors.ts';
import { contentsOf } from '../codec/sbom/contents.ts';
import { DRYDOCK_PREFIX, propertyOf, SbomError, type SbomDocument } from '../codec/sbom/document.ts';
import { readSbomDocument } from '../codec/sbom/read-document.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Digest, Image, Layer } from '../model/image.ts';
import type { Package } from '../model/package.ts';

export { looksLikeSbom } from '../codec/sbom/read-document.ts';

const CODES: Readonly<Record<SbomError['problem'], ErrorCode>> = {
  damaged: 'SBOM_INVALID',
  unsupported: 'SBOM_UNSUPPORTED',
  'too-large': 'SBOM_TOO_LARGE',
};

const HINTS: Readonly<Record<SbomError['problem'], string | undefined>> = {
  damaged: undefined,
  unsupported: 'CycloneDX 1.2 to 1.7 in JSON, and SPDX 2 in JSON or tag-value form, can be read',
  'too-large': undefined,
};

/**
 * What a bill of materials tells, as if the image it speaks of had been read: CycloneDX in JSON, SPDX 2 in JSON or
 * tag-value form, as they are or in attestations.
 *
 * @param name of the file, as reports show it
 * @throws DrydockError SBOM_INVALID, SBOM_UNSUPPORTED or SBOM_TOO_LARGE
 */
export function readSbom(bytes: Uint8Array, name: string): { image: Image; inventory: Inventory } {
  const document = attempt(name, () => readSbomDocument(bytes));
  const { os, packages, diagnostics } = contentsOf(document, name);
  return {
    image: toImage(document, packages, sha256Of(bytes), name),
    inventory: {
      schema: 1,
      ...(os && { os }),
      layerSizes: {},
      packages,
      findings: [],
      diagnostics: diagnostics.map((diagnostic) => ({ ...diagnostic, by: 'sbom', path: name })),
    },
  };
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SbomError)) throw error;
    throw new DrydockError(CODES[error.problem], `cannot read bill of materials ${name}: ${error.message}`, {
      hint: HINTS[error.problem],
      cause: error,
    });
  }
}

/** As far as the document knows the image. Its digest is the document's own, as answers are remembered by it. */
function toImage(document: SbomDocument, packages: readonly Package[], digest: Digest, name: string): Image {
  const { subject, format } = document;
  const values = (key: string): readonly string[] => subject?.properties.get(key) ?? [];
  const diffIds = values('DiffID').flatMap((value) => value.split(',').flatMap((one) => toDigest(one) ?? []));
  const os = (subject && propertyOf(subject, `${DRYDOCK_PREFIX}Platform`)) ?? 'linux/';
  const [system = '', architecture = ''] = os.split('/');
  return {
    name,
    kind: 'sbom',
    sbomFormat: format,
    digest,
    configDigest: toDigest(values('ImageID')[0]) ?? digest,
    platform: { os: system, architecture },
    config: {
      architecture,
      os: system,
      config: {},
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: [],
    },
    layers: layersOf(diffIds, packages),
    repoTags: values('RepoTag'),
    repoDigests: values('RepoDigest'),
  };
}

/** Packages tell digests of the layers they lie in; of all others only the diffID is known. */
function layersOf(diffIds: readonly Digest[], packages: readonly Package[]): Layer[] {
  const digests = new Map<Digest, Digest>();
  for (const { layer } of packages) if (layer) digests.set(layer.diffId, layer.digest);
  return diffIds.map((diffId) => {
    const digest = digests.get(diffId);
    return {
      digest: digest ?? diffId,
      diffId,
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      sizeBytes: 0,
      ...(digest === undefined && { digestUnknown: true }),
    };
  });
}
