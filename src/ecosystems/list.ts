import type { Analyzer } from '../analysis/analyzer.ts';
import { apkEcosystem } from './apk/apk.ts';
import { bitnamiEcosystem } from './bitnami/bitnami.ts';
import { bottlerocketEcosystem } from './bottlerocket/bottlerocket.ts';
import { cargoEcosystem } from './cargo/cargo.ts';
import { cocoapodsEcosystem } from './cocoapods/cocoapods.ts';
import { composerEcosystem } from './composer/composer.ts';
import { conanEcosystem } from './conan/conan.ts';
import { condaEcosystem } from './conda/conda.ts';
import { debEcosystem } from './deb/deb.ts';
import type { Ecosystem } from './ecosystem.ts';
import { gemEcosystem } from './gem/gem.ts';
import { golangEcosystem } from './golang/golang.ts';
import { hexEcosystem } from './hex/hex.ts';
import { juliaEcosystem } from './julia/julia.ts';
import { mavenEcosystem } from './maven/maven.ts';
import { npmEcosystem } from './npm/npm.ts';
import { nugetEcosystem } from './nuget/nuget.ts';
import { pubEcosystem } from './pub/pub.ts';
import { pypiEcosystem } from './pypi/pypi.ts';
import { rpmEcosystem } from './rpm/rpm.ts';
import { sbomFiles } from './sbom/sbom-files.ts';
import { swiftEcosystem } from './swift/swift.ts';
import { wordpressEcosystem } from './wordpress/wordpress.ts';

/** What tells of packages of any kind. */
export const mixedAnalyzers: readonly Analyzer[] = [sbomFiles];

/** Every kind of package that is understood. */
export const ecosystems: readonly Ecosystem[] = [
  apkEcosystem,
  bitnamiEcosystem,
  bottlerocketEcosystem,
  cargoEcosystem,
  cocoapodsEcosystem,
  composerEcosystem,
  conanEcosystem,
  condaEcosystem,
  debEcosystem,
  gemEcosystem,
  golangEcosystem,
  hexEcosystem,
  juliaEcosystem,
  mavenEcosystem,
  npmEcosystem,
  nugetEcosystem,
  pubEcosystem,
  pypiEcosystem,
  rpmEcosystem,
  swiftEcosystem,
  wordpressEcosystem,
];
