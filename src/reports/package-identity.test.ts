import { describe, expect, test } from 'vitest';
import type { Package } from '../model/package.ts';
import { packageId, packageUrlOf } from './package-identity.ts';

const of = (type: Package['type'], name: string, version = '1.0', more: Partial<Package> = {}): Package => ({
  type,
  name,
  version,
  licenses: [],
  paths: [],
  ...more,
});

describe('package URLs of applications', () => {
  test.each([
    [of('npm', '@angular/Core'), 'pkg:npm/%40angular/core@1.0'],
    [of('npm', 'left-pad'), 'pkg:npm/left-pad@1.0'],
    [
      of('golang', 'github.com/Azure/go-Autorest/v2', 'v2.1.0'),
      'pkg:golang/github.com/azure/go-autorest/v2@v2.1.0',
    ],
    [of('golang', 'stdlib', 'v1.22.3'), 'pkg:golang/stdlib@v1.22.3'],
    [of('golang', 'example.org/app', ''), 'pkg:golang/example.org/app'],
    [of('maven', 'org.apache.logging.log4j:log4j-core'), 'pkg:maven/org.apache.logging.log4j/log4j-core@1.0'],
    [of('maven', 'guessed-name'), 'pkg:maven/guessed-name@1.0'],
    [of('pypi', 'Typing_Extensions'), 'pkg:pypi/typing-extensions@1.0'],
    [of('cocoapods', 'ShareKit/Twitter/Deep'), 'pkg:cocoapods/ShareKit@1.0#Twitter/Deep'],
    [of('cocoapods', 'AFNetworking'), 'pkg:cocoapods/AFNetworking@1.0'],
    [of('composer', 'Laravel/Framework'), 'pkg:composer/laravel/framework@1.0'],
    [of('hex', 'acme/Jason'), 'pkg:hex/acme/jason@1.0'],
    [of('swift', 'github.com/Alamofire/Alamofire'), 'pkg:swift/github.com/Alamofire/Alamofire@1.0'],
    [of('gem', 'RedCloth'), 'pkg:gem/RedCloth@1.0'],
    [of('cargo', 'serde', '1.0.0+build'), 'pkg:cargo/serde@1.0.0%2Bbuild'],
    [of('nuget', 'Newtonsoft.Json'), 'pkg:nuget/Newtonsoft.Json@1.0'],
    [of('conda', 'absl-py'), 'pkg:conda/absl-py@1.0'],
    [of('bitnami', 'Redis', '7.0.0-0', { architecture: 'amd64' }), 'pkg:bitnami/redis@7.0.0-0?arch=amd64'],
  ])('%j', (pkg, url) => {
    expect(packageUrlOf(pkg, { family: 'debian', version: '12' })).toBe(url);
  });
});

test.each(['constructor', '__proto__', 'toString'])(
  'a system that calls itself %s has URLs too',
  (family) => {
    expect(packageUrlOf(of('deb', 'a'), { family, version: '1' })).toBe(
      `pkg:deb/${family}/a@1.0?distro=${family}-1`,
    );
  },
);

test('an id without a version is the name alone', () => {
  expect(packageId(of('golang', 'example.org/app', ''))).toBe('example.org/app');
  expect(packageId(of('npm', 'a'))).toBe('a@1.0');
});
