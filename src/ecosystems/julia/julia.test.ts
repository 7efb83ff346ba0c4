import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { juliaManifest } from './julia-manifest.ts';
import { parseManifest } from './parse-manifest.ts';

const PATH = 'app/Manifest.toml';

const parse = (text: string): ReturnType<typeof parseManifest> => parseManifest(Buffer.from(text), PATH);

const MANIFEST = `# This file is machine-generated
julia_version = "1.8.5"
manifest_format = "2.0"

[[deps.A]]
deps = ["B", "Dates", "Gone"]
uuid = "ead4f63c-334e-11e9-00e6-e7f0a5f21b60"
version = "1.9.0"

    [deps.A.extensions]
    X = "Y"

[[deps.B]]
uuid = "f41f7b98-334e-11e9-1257-49272045fb24"
version = "1.2.3"
[[deps.B]]
uuid = "edca9bc6-334e-11e9-3554-9595dbb4349c"
version = "2.0.0"

    [deps.B.deps]
    A = "ead4f63c-334e-11e9-00e6-e7f0a5f21b60"

[[deps.Dates]]
deps = []
uuid = "ade2ca70-3891-5945-98fb-dc099432e06a"
`;

describe('manifests of Julia', () => {
  test('are looked for by name', () => {
    expect(juliaManifest.wants({ path: PATH, sizeBytes: 1, mode: 0o644 })).toBe(true);
    expect(juliaManifest.wants({ path: 'app/MyManifest.toml', sizeBytes: 1, mode: 0o644 })).toBe(false);
  });

  test('tell packages, those of the standard library at the version of Julia', () => {
    const about = { type: 'julia', application: 'julia', licenses: [], paths: [PATH] };
    const [a, b, otherB, dates] = parse(MANIFEST)?.packages ?? [];
    expect(a).toEqual({
      ...about,
      ...{ name: 'A', version: '1.9.0', dependsOn: ['B@2.0.0', 'Dates@1.8.5'] },
      locations: [{ startLine: 5, endLine: 8 }],
    });
    expect(b).toMatchObject({ name: 'B', version: '1.2.3', locations: [{ startLine: 13, endLine: 15 }] });
    expect(otherB).toMatchObject({
      ...{ version: '2.0.0', dependsOn: ['A@1.9.0'] },
      locations: [{ startLine: 16, endLine: 18 }],
    });
    expect(dates).toMatchObject({ version: '1.8.5', locations: [{ startLine: 23, endLine: 25 }] });
  });

  test('of old have their packages at the top and say nothing of Julia', () => {
    const old = '[[A]]\ndeps = ["B"]\nuuid = "1"\nversion = "1.0.0"\n[[B]]\nuuid = "2"\n';
    expect(parse(old)?.packages).toMatchObject([{ name: 'A', version: '1.0.0' }]);
  });

  test.each(['', 'name = "x"', '[package]\nname = "x"', 'manifest_format = "2.0"\ndeps = 1'])(
    '%j is another program’s',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  test.each(['[[', 'a = ', `a = ${'['.repeat(100_000)}`])('%.10j is damaged', (text) => {
    expect(parse(text)).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });

  test('any text gives an answer', () => {
    const line = fc.constantFrom(
      '[[deps.A]]',
      '[deps.A.deps]',
      'uuid = "1"',
      'uuid',
      'deps = ["A"]',
      'a = 1',
    );
    const rest = fc.oneof(line, fc.string());
    fc.assert(
      fc.property(fc.array(rest), (lines) => {
        parse(lines.join('\n'));
        parse(`manifest_format = "2.0"\n${lines.join('\n')}`);
      }),
    );
  });
});
