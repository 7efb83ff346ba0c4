import type { OperatingSystem } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';
import type { MergedApplication, MergedBlobs, MergedPackage } from './merge-blobs.ts';
import { OSSchema, type OS } from './messages/common.ts';
import type { ScanOptions } from './messages/scanner.ts';
import { RELATIONSHIPS } from './package-json.ts';
import { toApplicationPackage, toModelSystem, toSystemPackage } from './to-model-package.ts';
import { newMessage } from './wire.ts';

/** A package as it was put, and as advisories are compared with it. */
export interface Subject {
  readonly merged: MergedPackage;
  /** Where the application is; empty for packages of the operating system. */
  readonly applicationPath: string;
  /** Undefined for kinds that nobody here knows: told, but not compared. */
  readonly model: Package | undefined;
}

export interface SubjectApplication {
  readonly type: string;
  readonly filePath: string;
  readonly subjects: readonly Subject[];
}

/** What a Scan is about, once what its options leave out is gone. */
export interface ScanSubject {
  /** As it is told; undefined where nothing is known of it. */
  readonly os: OS | undefined;
  readonly system: OperatingSystem | undefined;
  readonly packages: readonly Subject[];
  readonly applications: readonly SubjectApplication[];
  /** The asker named the operating system, so that what was known of its packages' URLs is wrong. */
  readonly isOverridden: boolean;
}

export function toScanSubject(merged: MergedBlobs, options: ScanOptions): ScanSubject {
  const override = options.distro?.family ? options.distro : undefined;
  const os = override ?? detectedSystem(merged);
  const isWanted = openFilter(options);
  return {
    os,
    system:
      os && os.family !== 'none' ? toModelSystem(os, override ? undefined : merged.repository) : undefined,
    packages: merged.packages
      .filter(({ pkg }) => isWanted(pkg.relationship))
      .map((each) => ({
        merged: each,
        applicationPath: '',
        model: toSystemPackage(each, os?.family ?? ''),
      })),
    applications: merged.applications.map((application) => toSubjects(application, options, isWanted)),
    isOverridden: override !== undefined,
  };
}

/** Without a release file, the package manager's repository tells, or nothing does. */
function detectedSystem({ os, repository, packages }: MergedBlobs): OS | undefined {
  if (os && os.family !== '') return os;
  if (repository) return newMessage(OSSchema, { family: repository.family, name: repository.release });
  return packages.length > 0 ? newMessage(OSSchema, { family: 'none' }) : os;
}

function openFilter({ pkgRelationships }: ScanOptions): (relationship: number) => boolean {
  if (pkgRelationships.length === 0) return () => true;
  const wanted = new Set(pkgRelationships);
  return (relationship) => wanted.has(RELATIONSHIPS[relationship] ?? 'unknown');
}

function toSubjects(
  { type, filePath, packages }: MergedApplication,
  { includeDevDeps }: ScanOptions,
  isWanted: (relationship: number) => boolean,
): SubjectApplication {
  const subjects = packages
    .filter(({ pkg }) => isWanted(pkg.relationship) && (includeDevDeps || !pkg.dev))
    .map(({ applicationPath, ...merged }) => ({
      merged,
      applicationPath,
      model: toApplicationPackage(merged, type, applicationPath),
    }));
  return { type, filePath, subjects };
}
