import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import { formatPlatform, hostPlatform, parsePlatform, platformRank } from './platform.ts';

describe('parsePlatform', () => {
  test.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['Linux/AMD64', { os: 'linux', architecture: 'amd64' }],
    ['amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/x86_64', { os: 'linux', architecture: 'amd64' }],
    ['x86-64', { os: 'linux', architecture: 'amd64' }],
    ['i686', { os: 'linux', architecture: '386' }],
    ['aarch64', { os: 'linux', architecture: 'arm64' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['linux/arm64/8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/armhf', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/armel', { os: 'linux', architecture: 'arm', variant: 'v6' }],
    ['linux/s390x', { os: 'linux', architecture: 's390x' }],
    ['macos/arm64', { os: 'darwin', architecture: 'arm64' }],
    ['windows(10.0.20348)/amd64', { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348' }],
  ])('reads %s', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform);
  });

  test.each([
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/amd64/v1/x',
    'linux/../etc',
    'linux/amd 64',
    'a\nb/amd64',
  ])('refuses %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }) as Error);
  });

  test('is undone by formatPlatform, and throws nothing but DrydockError', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9.]{0,8}$/);
    const likely = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.oneof(likely, fc.string()), (text) => {
        try {
          const platform = parsePlatform(text);
          expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
    );
  });
});

describe('platformRank', () => {
  test.each([
    // wanted, better, worse
    ['linux/arm/v7', 'linux/arm/v7', 'linux/arm/v6'],
    ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'],
    ['linux/arm', 'linux/arm/v7', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm/v6', 'linux/arm/v8'],
    ['linux/arm64', 'linux/arm64/v8', 'linux/arm64/v9'],
    ['linux/arm64/v9', 'linux/arm64/v9', 'linux/arm64'],
    ['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64'],
    ['linux/amd64', 'linux/amd64', 'linux/amd64/v3'],
  ])('for %s prefers %s to %s', (wanted, better, worse) => {
    const rank = (text: string) => platformRank(parsePlatform(wanted), parsePlatform(text)) ?? Infinity;
    expect(rank(better)).toBeLessThan(rank(worse));
    expect(rank(worse)).toBeLessThan(Infinity);
  });

  test.each([
    ['linux/arm64', 'linux/arm64/v8'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm'],
    ['linux/amd64', 'linux/amd64/v1'],
    ['windows(10.0.20348)/amd64', 'windows(10.0.20348.2)/amd64'],
  ])('takes %s and %s for the same', (wanted, offered) => {
    expect(platformRank(parsePlatform(wanted), parsePlatform(offered))).toBe(0);
  });

  test.each([
    ['linux/arm/v6', 'linux/arm/v7'],
    ['linux/arm64', 'linux/arm'],
    ['linux/amd64', 'linux/386'],
    ['linux/amd64', 'windows/amd64'],
    ['windows(10.0.1)/amd64', 'windows(10.0.17763)/amd64'],
    ['linux/mips/odd', 'linux/mips'],
  ])('for %s does not take %s', (wanted, offered) => {
    expect(platformRank(parsePlatform(wanted), parsePlatform(offered))).toBeUndefined();
  });
});

test('containers on this machine run on Linux', () => {
  expect(parsePlatform(formatPlatform(hostPlatform()))).toEqual(hostPlatform());
  expect(hostPlatform().os).toBe('linux');
});
