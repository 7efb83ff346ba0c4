import type { Signal } from '../../base/signal.ts';
import { DrydockError } from '../../base/errors.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { PatchPlan } from '../../model/patch.ts';
import type { RootView } from '../root/root-view.ts';
import {
  allSources,
  loadArchives,
  type ArchiveAccess,
  type ArchiveOptions,
  type Archives,
} from '../sources/archives.ts';
import { defaultSources, parseOsRelease, type OsRelease } from '../sources/default-sources.ts';
import { readAptConfiguration, type AptConfiguration } from '../sources/image-configuration.ts';
import { architecturesOf } from './architectures.ts';
import { debianKind } from './debian-kind.ts';
import { decide } from './decide.ts';
import { readInstalled, type InstalledPackage } from './installed.ts';
import { isWanted, placeFindings, type FindingFilter } from './select-findings.ts';
import { toPlan } from './to-plan.ts';

export interface PlanOptions extends ArchiveOptions, FindingFilter {
  /** Leaves out updates that only some machines shall have by now. */
  readonly excludePhased?: boolean;
}

export interface PlanProgress {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface PlanRequest extends Signal {
  readonly image: Image;
  readonly root: RootView;
  readonly findings: readonly VulnerabilityFinding[];
  readonly options: PlanOptions;
  readonly archive: ArchiveAccess;
  readonly now: Date;
  readonly onProgress?: (progress: PlanProgress) => void;
}

/**
 * The smallest set of updates that fixes as many of the findings as the image's own archives can fix. Every finding is
 * among the `fixes` of an update or in `unfixed`.
 *
 * @throws DrydockError PATCH_UNSUPPORTED for images without dpkg; ARCHIVE_UNTRUSTED, ARCHIVE_EXPIRED,
 * ARCHIVE_ROLLED_BACK, ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT; CONFIG_INVALID; what the view throws
 */
export async function planPatch(request: PlanRequest): Promise<PatchPlan> {
  const { image, root, findings, options, signal } = request;
  const { packages, notes } = await readInstalled(root, { signal });
  if (packages.length === 0) {
    throw new DrydockError('PATCH_UNSUPPORTED', `${image.name} has no packages of dpkg`, {
      hint: 'Only images with packages of dpkg or apk can be patched.',
    });
  }
  const { placed, unfixed } = placeFindings(findings, packages, options, debianKind);
  if (!placed.some(isWanted)) return toPlan(image, { placed, unfixed, kind: debianKind, notes });
  const configuration = await readAptConfiguration(root, { signal });
  const architectures = architecturesOf(packages, image.platform);
  const archives = await offersFor(packages, architectures, configuration, request);
  const decision = decide({
    placed,
    packages,
    native: architectures[0] ?? '',
    offers: archives.offers,
    pins: configuration.pins,
    defaultRelease: configuration.defaultRelease,
    excludePhased: options.excludePhased ?? false,
  });
  return toPlan(image, {
    ...decision,
    placed,
    unfixed,
    kind: debianKind,
    indexes: archives.indexes,
    notes: [...notes, ...configuration.notes, ...archives.notes, ...decision.notes],
  });
}

async function offersFor(
  packages: readonly InstalledPackage[],
  architectures: readonly string[],
  configuration: AptConfiguration,
  { root, options, archive, now, signal, onProgress }: PlanRequest,
): Promise<Archives> {
  const own = configuration.sources;
  const image =
    own.length > 0 || options.ignoreImageSources
      ? own
      : await derived(root, architectures[0] ?? '', { signal });
  return loadArchives({
    configuration,
    sources: allSources(image, options),
    architectures,
    wanted: new Set(packages.map(({ name }) => name)),
    options,
    access: archive,
    now,
    signal,
    ...(onProgress && {
      onBytes: (url, receivedBytes, totalBytes) => onProgress({ url, receivedBytes, totalBytes }),
    }),
  });
}

/** For images without settings of apt: the archives of their distribution. */
async function derived(root: RootView, architecture: string, options: Signal) {
  return defaultSources(await readOsRelease(root, options), architecture);
}

/** Which distribution an image says that it is. @throws what the view throws */
export async function readOsRelease(root: RootView, { signal }: Signal): Promise<OsRelease> {
  const paths = ['etc/os-release', 'usr/lib/os-release'].filter(
    (path) => root.resolve(path)?.type === 'file',
  );
  const files = await root.read(paths.slice(0, 1), { maxBytes: 1 << 20, signal });
  const [content] = [...files.values()];
  return parseOsRelease(Buffer.from(content ?? '').toString('utf8'));
}
