import { LOCAL_TYPES, type ReportSubject } from '../../scan/composite/scan-types.ts';
import { MANIFEST_TYPES, SBOM_MEDIA_TYPES } from '../harbor/media-types.ts';

/** A type of report that other scanners make. */
export interface ForeignType {
  readonly mediaType: string;
  /** Media types of the manifests that are taken. */
  readonly consumes: readonly string[];
  /** Names of registrations. */
  readonly scanners: readonly string[];
}

const TYPE_WORD: Readonly<Record<ReportSubject, string>> = {
  vulnerability: 'vulnerability',
  bill: 'sbom',
  filesystem: 'filesystem',
  license: 'license',
  secret: 'secret',
};

const PARAMETERS: Readonly<Record<ReportSubject, readonly string[]>> = {
  vulnerability: ['severity', 'ignoreUnfixed', 'packageTypes'],
  bill: ['format', 'allowGNU'],
  filesystem: ['checks', 'paths', 'forbid', 'require'],
  license: ['allow', 'deny'],
  secret: ['sources'],
};

/** Every type of report that can be asked for here, whoever makes it. */
export function allCapabilities(foreign: readonly ForeignType[] = []): object[] {
  const own = LOCAL_TYPES.map(({ mediaType, subject }) => ({
    type: TYPE_WORD[subject],
    consumes_mime_types: MANIFEST_TYPES,
    produces_mime_types: [mediaType],
    additional_attributes: {
      parameters: [...PARAMETERS[subject], 'scanner'],
      scanners: ['drydock', ...scannersOf(mediaType, foreign)],
      ...(subject === 'bill' && { sbom_media_types: SBOM_MEDIA_TYPES }),
    },
  }));
  const others = foreign
    .filter(({ mediaType }) => LOCAL_TYPES.every((local) => local.mediaType !== mediaType))
    .map(({ mediaType, consumes, scanners }) => ({
      type: 'other',
      consumes_mime_types: consumes,
      produces_mime_types: [mediaType],
      additional_attributes: { parameters: ['scanner'], scanners },
    }));
  return [...own, ...others];
}

function scannersOf(wanted: string, foreign: readonly ForeignType[]): readonly string[] {
  return foreign.find(({ mediaType }) => mediaType === wanted)?.scanners ?? [];
}

/** All types in one text, for a place where Harbor lets nothing else stand. */
export function scanTypesText(foreign: readonly ForeignType[] = []): string {
  const all = [...LOCAL_TYPES, ...foreign].map(({ mediaType }) => mediaType);
  return [...new Set(all)].join(', ');
}
