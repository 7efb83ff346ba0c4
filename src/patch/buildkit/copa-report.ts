import type { Platform } from '../../model/image.ts';
import { DrydockError } from '../../base/errors.ts';

/** What the engine is to be told of one platform. */
export interface CopaInput {
  readonly platform: Platform;
  /** `debian`, `alpine`, …, and the release as its os-release says. */
  readonly os: { readonly family: string; readonly version: string };
  readonly updates: readonly {
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly fixes: readonly string[];
  }[];
}

/** A line per package and vulnerability, in the engine's own form, which leaves nothing to be guessed. */
export function copaReport({ platform, os, updates }: CopaInput): object {
  if (os.version === '') {
    throw new DrydockError('PATCH_UNSUPPORTED', `the release of ${os.family} in the image is not known`);
  }
  return {
    apiVersion: 'v1alpha1',
    metadata: { os: { type: os.family, version: os.version }, config: { arch: platform.architecture } },
    updates: updates.flatMap(({ name, from, to, fixes }) =>
      (fixes.length > 0 ? fixes : ['']).map((vulnerabilityID) => ({
        name,
        installedVersion: from,
        fixedVersion: to,
        vulnerabilityID,
      })),
    ),
  };
}

/** `linux-arm64-v8.json`: one file per platform. */
export function reportFileName({ os, architecture, variant }: Platform): string {
  const words = [os, architecture, variant].filter((word) => word !== undefined);
  return `${words.map((word) => word.replace(/[^A-Za-z0-9._]/g, '_')).join('-')}.json`;
}
