import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import { formatReference, parseReference } from './reference.ts';

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;

describe('a reference', () => {
  test.each([
    ['alpine', { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' }],
    ['alpine:3.20', { registry: 'docker.io', repository: 'library/alpine', tag: '3.20' }],
    ['bitnami/redis', { registry: 'docker.io', repository: 'bitnami/redis', tag: 'latest' }],
    ['docker.io/alpine', { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' }],
    [
      'index.docker.io/library/alpine',
      { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' },
    ],
    ['ghcr.io/a/b/c:v1', { registry: 'ghcr.io', repository: 'a/b/c', tag: 'v1' }],
    ['localhost/a', { registry: 'localhost', repository: 'a', tag: 'latest' }],
    ['localhost:5000/a:b', { registry: 'localhost:5000', repository: 'a', tag: 'b' }],
    ['[::1]:5000/a', { registry: '[::1]:5000', repository: 'a', tag: 'latest' }],
    ['Registry.Example.COM/a', { registry: 'registry.example.com', repository: 'a', tag: 'latest' }],
    ['localhost:5000', { registry: 'docker.io', repository: 'library/localhost', tag: '5000' }],
    [`alpine@${DIGEST}`, { registry: 'docker.io', repository: 'library/alpine', digest: DIGEST }],
    [`alpine:3@${DIGEST}`, { registry: 'docker.io', repository: 'library/alpine', tag: '3', digest: DIGEST }],
    ['a/b__c/d.e-f--g', { registry: 'docker.io', repository: 'a/b__c/d.e-f--g', tag: 'latest' }],
  ])('%s is understood as Docker does', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each([
    '',
    ':',
    '@',
    '/',
    'a/',
    '/a',
    'a//b',
    'Alpine',
    'a/B',
    'alpine:',
    'alpine:-x',
    `alpine:${'x'.repeat(129)}`,
    'alpine@sha256:abc',
    `alpine@md5:${HEX}`,
    `alpine@${DIGEST}@${DIGEST}`,
    HEX,
    'https://docker.io/alpine',
    'docker://alpine',
    'a..b/c',
    'host:0/a',
    'host:99999/a',
    'host:x/a',
    'a___b',
    '-a',
    'a/../b',
    'a b',
    'a?b',
    `${'a'.repeat(250)}/bbbbb`,
    'x'.repeat(100_000),
    '[zz]/a',
  ])('%j is refused', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });

  test('is refused with a hint where one helps', () => {
    expect(() => parseReference('https://ghcr.io/a')).toThrow(
      expect.objectContaining({ hint: 'Leave out everything up to "://".' }),
    );
    expect(() => parseReference('ghcr.io/Team/app')).toThrow(
      expect.objectContaining({ hint: 'Repository names are in lower case.' }),
    );
  });

  test.each([
    'alpine',
    'alpine:3.20',
    'bitnami/redis:7',
    'ghcr.io/a/b:v1',
    `alpine:3@${DIGEST}`,
    `docker.io/foo.bar/x:y`,
  ])('%s is written back as people write it', (text) => {
    const tagged = text.includes(':') ? text : `${text}:latest`;
    expect(formatReference(parseReference(text))).toBe(tagged);
  });

  const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8})?$/);
  const host = fc.constantFrom(
    'docker.io',
    'ghcr.io',
    'localhost',
    'localhost:5000',
    '127.0.0.1:5000',
    '[::1]:443',
  );
  const reference = fc.record(
    {
      registry: host,
      repository: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
      digest: fc.constant(DIGEST),
    },
    { requiredKeys: ['registry', 'repository', 'tag'] },
  );

  test('survives being written and read', () => {
    fc.assert(
      fc.property(reference, ({ registry, repository, tag, digest }) => {
        const full = `${registry}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;
        const parsed = parseReference(full);
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
      }),
    );
  });

  test('of any text is read or refused, never anything else', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.stringMatching(/^[a-z0-9.:@/_-]{0,80}$/),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          parseReference(any);
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
    );
  });
});
