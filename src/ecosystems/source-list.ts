import type { Analyzer } from '../analysis/analyzer.ts';
import { podfileLock } from './cocoapods/lock-files.ts';
import { composerLock } from './composer/lock-files.ts';
import { conanLock } from './conan/lock-files.ts';
import { gemfileLock } from './gem/lock-files.ts';
import { goMod } from './golang/lock-files.ts';
import { mixLock } from './hex/lock-files.ts';
import { mavenPom, gradleLockfile, sbtLock } from './maven/lock-files.ts';
import { npmLock, yarnLock, pnpmLock, bunLock } from './npm/lock-files.ts';
import { pubspecLock } from './pub/lock-files.ts';
import { pipRequirements, pipenvLock, poetryLock, pdmLock, uvLock, pylock } from './pypi/lock-files.ts';
import { packageResolved } from './swift/lock-files.ts';

/** What reads trees of sources: lock files and build files. Apart from the others, as it is not loaded for images. */
export const sourceAnalyzers: readonly Analyzer[] = [
  podfileLock,
  composerLock,
  conanLock,
  gemfileLock,
  goMod,
  mixLock,
  ...[mavenPom, gradleLockfile, sbtLock],
  ...[npmLock, yarnLock, pnpmLock, bunLock],
  pubspecLock,
  ...[pipRequirements, pipenvLock, poetryLock, pdmLock, uvLock, pylock],
  packageResolved,
];
