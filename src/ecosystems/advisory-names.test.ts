import { expect, test } from 'vitest';
import type { Package } from '../model/package.ts';
import { bitnamiEcosystem } from './bitnami/bitnami.ts';
import { cargoEcosystem } from './cargo/cargo.ts';
import { cocoapodsEcosystem } from './cocoapods/cocoapods.ts';
import { composerEcosystem } from './composer/composer.ts';
import { conanEcosystem } from './conan/conan.ts';
import { condaEcosystem } from './conda/conda.ts';
import { gemEcosystem } from './gem/gem.ts';
import { hexEcosystem } from './hex/hex.ts';
import { juliaEcosystem } from './julia/julia.ts';
import { npmEcosystem } from './npm/npm.ts';
import { nugetEcosystem } from './nuget/nuget.ts';
import { pubEcosystem } from './pub/pub.ts';
import { pypiEcosystem } from './pypi/pypi.ts';
import { swiftEcosystem } from './swift/swift.ts';
import { wordpressEcosystem } from './wordpress/wordpress.ts';

const named = (type: Package['type'], name: string): Package => ({
  ...{ type, name, version: '1', licenses: [], paths: [] },
});

test.each([
  [bitnamiEcosystem, 'Bitnami', 'PostgreSQL', 'postgresql'],
  [cargoEcosystem, 'crates.io', 'Serde_json', 'serde_json'],
  [cocoapodsEcosystem, 'CocoaPods', 'Alamofire/Core', 'Alamofire/Core'],
  [composerEcosystem, 'Packagist', 'GuzzleHttp/psr7', 'guzzlehttp/psr7'],
  [conanEcosystem, 'ConanCenter', 'OpenSSL', 'openssl'],
  [gemEcosystem, 'RubyGems', 'RedCloth', 'redcloth'],
  [hexEcosystem, 'Hex', 'Phoenix', 'phoenix'],
  [juliaEcosystem, 'Julia', 'HTTP', 'HTTP'],
  [npmEcosystem, 'npm', '@Babel/Core', '@babel/core'],
  [nugetEcosystem, 'NuGet', 'Newtonsoft.Json', 'newtonsoft.json'],
  [pubEcosystem, 'Pub', 'Dio', 'dio'],
  [pypiEcosystem, 'PyPI', 'Zope.Interface_X', 'zope.interface-x'],
  [swiftEcosystem, 'SwiftURL', 'https://github.com/Apple/swift-nio.git', 'github.com/Apple/swift-nio'],
  [swiftEcosystem, 'SwiftURL', 'github.com/Apple/swift-nio', 'github.com/Apple/swift-nio'],
])('advisories of $type are filed under %s, with %s as %s', (ecosystem, filedUnder, name, key) => {
  expect(ecosystem.advisories?.ecosystem).toBe(filedUnder);
  expect(ecosystem.advisories?.nameOf(named(ecosystem.type, name))).toBe(key);
});

test.each([condaEcosystem, wordpressEcosystem])('$type is for the inventory only', ({ advisories }) => {
  expect(advisories).toBeUndefined();
});
