import { packageUrl } from '../../codec/purl.ts';
import type { OperatingSystem } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { NamedUpdate } from '../../model/patch.ts';
import { packageUrlOf } from '../../reports/package-identity.ts';

/** The patched image as other tools will call it. */
export function imageUrl({ reference, digest, platform, name }: Image): string {
  const path = reference ? `${reference.registry}/${reference.repository}` : undefined;
  const last = (path ?? name).split(/[/:@]/).findLast((part) => part !== '') ?? 'image';
  const short = path?.split('/').at(-1) ?? last;
  return packageUrl({
    type: 'oci',
    name: short.toLowerCase(),
    version: digest,
    qualifiers: { repository_url: path, tag: reference?.tag, arch: platform.architecture },
  });
}

/** @param version the old or the new one */
export function updateUrl(
  { type, name, architecture }: NamedUpdate,
  version: string,
  os: OperatingSystem | undefined,
): string {
  return packageUrlOf({ type, name, version, architecture, licenses: [], paths: [] }, os);
}
