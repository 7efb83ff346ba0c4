import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { condaEnvironment, condaMeta } from './conda-files.ts';
import { parseEnvironment } from './parse-environment.ts';
import { parseMeta } from './parse-meta.ts';

describe('conda-meta', () => {
  const path = 'opt/conda/envs/x/conda-meta/openssl-1.1.1q-h7f8727e_0.json';
  const parse = (value: unknown): ReturnType<typeof parseMeta> =>
    parseMeta(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), path);

  test.each([
    [path, true],
    ['opt/conda/conda-meta/_libgcc_mutex-0.1-main.json', true],
    ['conda-meta/a-1-0.json', true],
    ['opt/conda/conda-meta/state.json', false],
    ['opt/conda/conda-meta/a-b/c.json', false],
    ['opt/my-conda-meta/a-1-0.json', false],
    ['opt/conda/conda-meta/history', false],
  ])('%s is wanted: %s', (file, wanted) => {
    expect(condaMeta.wants({ path: file, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test.each([
    [{ md5: '0'.repeat(32), sha256: 'a'.repeat(64) }, `sha256:${'a'.repeat(64)}`],
    [{ md5: '0'.repeat(32), sha256: 'x' }, `md5:${'0'.repeat(32)}`],
    [{}, undefined],
  ])('a record tells its package; of %j comes the digest %s', (digests, archiveDigest) => {
    expect(parse({ name: 'openssl', version: '1.1.1q', license: 'OpenSSL', ...digests })).toEqual({
      packages: [
        {
          ...{ type: 'conda', name: 'openssl', version: '1.1.1q', licenses: ['OpenSSL'] },
          ...(archiveDigest !== undefined && { archiveDigest }),
          ...{ application: 'conda-pkg', paths: [path] },
        },
      ],
    });
  });

  test.each(['', '{', '[]', '{"name":"a"}', '{"name":"a","version":1}'])('%j is damaged', (text) => {
    expect(parse(text)).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });

  test('any JSON gives an answer', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (name, sha256) => void parse({ name, sha256 })));
  });
});

describe('environment.yml', () => {
  const parse = (text: string): ReturnType<typeof parseEnvironment> =>
    parseEnvironment(Buffer.from(text), 'environment.yml');

  test.each(['environment.yml', 'app/environment.yaml'])('%s is wanted', (path) => {
    expect(condaEnvironment.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(true);
  });

  test('tells what it pins, with the lines', () => {
    const lines = ['name: x', 'dependencies:', '  - a=1.1', '  - b', '  - pip:', '    - c==2.0'];
    const result = parse(lines.join('\n'));
    expect(result?.packages).toMatchObject([
      { name: 'a', version: '1.1', locations: [{ startLine: 3, endLine: 3 }] },
      { name: 'c', version: '2.0', locations: [{ startLine: 6, endLine: 6 }] },
    ]);
    expect(result?.diagnostics).toMatchObject([{ code: 'PACKAGE_NOT_PINNED' }]);
  });

  test.each([
    ['openssl=1.1.1q=h7f8727e_0', 'openssl@1.1.1q'],
    ['numpy ==1.8.1', 'numpy@1.8.1'],
    ['numpy 1.8.1 py27_0', 'numpy@1.8.1'],
    ['conda-forge::numpy=1.8.1', 'numpy@1.8.1'],
    ['uvicorn[standard]==0.20.0', 'uvicorn@0.20.0'],
    ['python>=3.9', undefined],
    ['python=3.*', undefined],
    ['python 3.9|3.10', undefined],
    ['python', undefined],
  ])('%j pins %s', (text, pinned) => {
    const [pkg] = parse(`dependencies:\n  - ${text}`)?.packages ?? [];
    expect(pkg && `${pkg.name}@${pkg.version}`).toBe(pinned);
  });

  test.each(['', 'name: x', 'dependencies: 7', '- a', '[]', '['.repeat(100), '- '.repeat(100_000)])(
    '%.20j holds nothing',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  test.each([
    ['dependencies: # all\n# none\n\n- a=1 # one\n- "b=2"\n  - c=3\nother:\n- d=4', ['a', 'b', 'c']],
    ['"dependencies":\n- a=1', []],
    ['x:\n  dependencies:\n  - a=1', []],
    ['dependencies:\n- [a=1]\n- *a\n- "a=1\n- - a=1\n-b=1', []],
  ])('of %j only plain lists are read', (text, names) => {
    expect((parse(text)?.packages ?? []).map(({ name }) => name)).toEqual(names);
  });

  test('any text gives an answer', () => {
    const piece = fc.constantFrom(
      'dependencies:',
      '\n',
      '  - ',
      'pip:',
      '[',
      '{',
      '&a ',
      '*a',
      ': ',
      '"',
      '!!map ',
    );
    fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => void parse(pieces.join(''))));
    fc.assert(fc.property(fc.jsonValue(), (value) => void parse(JSON.stringify({ dependencies: value }))));
  });
});
