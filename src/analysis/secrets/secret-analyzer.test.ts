import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileResult } from '../analyzer.ts';
import { builtinSecretRules } from './builtin-rules.ts';
import { findSecretsInImageConfig } from './image-config.ts';
import { fill, samples } from './rule-samples.ts';
import { secretAnalyzer } from './secret-analyzer.ts';
import type { SecretRules } from './secret-rule.ts';

const analyzer = secretAnalyzer(builtinSecretRules);
const token = (seed: number): string => fill('ghp_{m36}', seed);

function whole(content: Uint8Array, path = 'srv/app/x.txt', subject = analyzer): FileResult | undefined {
  return subject.begin().add({ path, sizeBytes: content.length, mode: 0o644, content });
}

function inPieces(
  content: Uint8Array,
  cuts: readonly number[],
  path = 'srv/app/x.txt',
): FileResult | undefined {
  const sink = analyzer.begin().open?.({ path, sizeBytes: content.length, mode: 0o644 });
  const places = [...new Set([0, ...cuts.map((cut) => cut % (content.length + 1)), content.length])].sort(
    (a, b) => a - b,
  );
  for (const [i, place] of places.entries()) {
    // A piece is only valid while it is written.
    const piece = Uint8Array.from(content.subarray(place, places[i + 1] ?? place));
    const goesOn = sink?.write(piece);
    piece.fill(0xee);
    if (goesOn === false) break;
  }
  return sink?.end();
}

describe('files that are wanted', () => {
  test.each(['srv/.env', 'root/.ssh/id_rsa', 'app/settings.py', 'etc/shadow', 'opt/x.pyc'])('%s', (path) => {
    expect(analyzer.wants({ path, sizeBytes: 100, mode: 0 })).toBe(true);
  });
  test.each([
    'usr/share/doc/x',
    'usr/lib/python3/x.py',
    'usr/local/lib/python3.12/x.py',
    'app/.git/config',
    'app/node_modules/x/.env',
    'app/yarn.lock',
    'app/logo.png',
    'app/tests/key.pem',
    'testdata/key.pem',
    'app/x.test.js',
    'app/example/key.pem',
    'app/README.md',
    'app/vendor/x.go',
    'opt/x-1.0.dist-info/METADATA',
  ])('not %s', (path) => {
    expect(analyzer.wants({ path, sizeBytes: 100, mode: 0 })).toBe(false);
  });
  test('not the tiniest', () => {
    expect(analyzer.wants({ path: 'srv/.env', sizeBytes: 9, mode: 0 })).toBe(false);
  });
});

describe('what is told of a secret', () => {
  test('its rule, its lines, and its surroundings without it', () => {
    const text = `one\ntwo\nthree\nTOKEN=${token(1)} # ours\nfive\nsix\nseven\n`;
    expect(whole(Buffer.from(text))?.secrets).toEqual([
      {
        ruleId: 'github-pat',
        category: 'GitHub',
        title: 'GitHub Personal Access Token',
        severity: 'CRITICAL',
        startLine: 4,
        endLine: 4,
        match: `TOKEN=${'*'.repeat(40)} # ours`,
        code: [
          { number: 2, text: 'two', isCause: false },
          { number: 3, text: 'three', isCause: false },
          { number: 4, text: `TOKEN=${'*'.repeat(40)} # ours`, isCause: true },
          { number: 5, text: 'five', isCause: false },
          { number: 6, text: 'six', isCause: false },
        ],
      },
    ]);
  });

  test('other secrets around are covered too, and the same one where no rule sees it', () => {
    const password = fill('{m20}', 3);
    const text = `A=${token(1)}\nurl=postgres://u:${password}@db.local/x\nhint: ${password}\nB=${token(2)}\n`;
    const told = JSON.stringify(whole(Buffer.from(text)));
    for (const secret of [token(1), token(2), password]) expect(told).not.toContain(secret);
  });

  test('of long lines only the surroundings, in at most 100 characters', () => {
    const text = `${'x = "ä"; '.repeat(5000)}${token(1)};${'y'.repeat(5000)}\n`;
    const [secret] = whole(Buffer.from(text))?.secrets ?? [];
    expect([...(secret?.match ?? '')].length).toBeLessThanOrEqual(100);
    expect(secret?.match).toMatch(/x = "ä"; \*{40};y+$/);
    expect(secret?.match).not.toContain('\ufffd');
  });

  test('nothing that could steer a terminal', () => {
    const [secret] =
      whole(Buffer.from(`${'pad '.repeat(100)}\n\u001b[31m ${token(1)}\u202e\u0007\r\n`))?.secrets ?? [];
    expect(secret?.match).toBe(`?[31m ${'*'.repeat(40)}??`);
  });

  test('a key of many lines from its first line to its last', () => {
    const sample = samples.find(({ ruleId }) => ruleId === 'private-key');
    const text = `a\n${fill(sample?.template ?? '', 5)}\nb\n`;
    const [secret] = whole(Buffer.from(text))?.secrets ?? [];
    expect([secret?.startLine, secret?.endLine]).toEqual([2, 10]);
    expect(secret?.code.find(({ number }) => number === 4)?.text).toBe('*'.repeat(64));
  });

  test('a secret that is far longer than expected is covered to its end', () => {
    const long = fill('{m9000}', 1);
    const told = JSON.stringify(whole(Buffer.from(`client-key-data: ${long}\n`)));
    expect(told).toContain('kubeconfig-client-key');
    expect(told).not.toContain(long.slice(-12, -1));
  });

  test('once per line and rule, and not more than a hundred per file', () => {
    expect(whole(Buffer.from(`${token(1)} ${token(2)}\n`))?.secrets).toHaveLength(1);
    const many = Array.from({ length: 3000 }, (_, i) => token(i)).join('\n');
    const result = whole(Buffer.from(many));
    expect(result?.secrets).toHaveLength(100);
    expect(result?.diagnostics).toMatchObject([{ code: 'SECRETS_CUT' }]);
    expect(JSON.stringify(result)).not.toMatch(/ghp_\w/);
  });

  test('nothing of words that say "example"', () => {
    expect(whole(Buffer.from(`key: AKIA${'A'.repeat(9)}EXAMPLE\n`))).toBeUndefined();
  });
});

describe('files that are no text, or too large', () => {
  const binary = Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 0, 0]),
    Buffer.from(token(1)),
    Buffer.alloc(2000),
  ]);

  test('a binary is given up after its beginning', () => {
    const sink = analyzer.begin().open?.({ path: 'srv/x', sizeBytes: binary.length, mode: 0 });
    expect(sink?.write(binary.subarray(0, 512))).toBe(false);
    expect(sink?.end()).toBeUndefined();
    expect(whole(binary)).toBeUndefined();
  });

  test('compiled Python is searched', () => {
    expect(whole(binary, 'srv/x.pyc')?.secrets).toHaveLength(1);
    expect(inPieces(binary, [100, 700], 'srv/x.pyc')?.secrets).toHaveLength(1);
  });

  test('large text is told, large binaries are nobody’s business', () => {
    const large = (head: Uint8Array): FileResult | undefined => {
      const sink = analyzer.begin().open?.({ path: 'srv/x', sizeBytes: 11 << 20, mode: 0 });
      sink?.write(head);
      return sink?.end();
    };
    expect(large(Buffer.from('text '.repeat(100)))?.diagnostics).toMatchObject([{ code: 'FILE_TOO_LARGE' }]);
    expect(large(binary)).toBeUndefined();
  });

  test('a file that is longer or shorter than its header says', () => {
    const session = analyzer.begin();
    const longer = session.open?.({ path: 'srv/x', sizeBytes: 20, mode: 0 });
    longer?.write(Buffer.from(`${'x'.repeat(19)}\n${token(1)}`));
    expect(longer?.end()).toBeUndefined();
    const shorter = session.open?.({ path: 'srv/x', sizeBytes: 5000, mode: 0 });
    shorter?.write(Buffer.from(`x = ${token(1)}\n`));
    expect(shorter?.end()?.secrets).toHaveLength(1);
  });

  test('two that are open at the same time do not disturb each other', () => {
    const session = analyzer.begin();
    const sinks = [1, 2].map((seed) => {
      const sink = session.open?.({ path: `srv/${seed}`, sizeBytes: 60, mode: 0 });
      sink?.write(Buffer.from(`${'#'.repeat(seed)}\n`));
      return { sink, seed };
    });
    for (const { sink, seed } of sinks) sink?.write(Buffer.from(`${token(seed)}`));
    expect(sinks.map(({ sink }) => sink?.end()?.secrets?.[0]?.startLine)).toEqual([2, 2]);
  });
});

describe('whatever a file holds', () => {
  const templates = samples.filter(({ path }) => path === undefined).map(({ template }) => template);
  const piece = fc.oneof(
    fc.tuple(fc.constantFrom(...templates), fc.nat(1000)).map(([template, seed]) => fill(template, seed)),
    fc.string({ maxLength: 60 }),
    fc.constantFrom('\n', '\n\n', ' = ', '"', '\r\n', 'ж', '-----', 'x'.repeat(300)),
  );
  const content = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')));

  test('where it is cut into pieces changes nothing', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
        fc.pre(bytes.length > 0);
        expect(inPieces(bytes, cuts)).toEqual(whole(bytes));
      }),
      { numRuns: 150 },
    );
  });

  test('no secret is in what is told', () => {
    const kinds = samples.filter(
      ({ path, template }) =>
        path === undefined && /\{m(3\d|4\d)\}/.test(template) && !template.includes('\n'),
    );
    const planted = fc.tuple(fc.constantFrom(...kinds), fc.nat(5000), piece, piece);
    fc.assert(
      fc.property(fc.array(planted, { minLength: 1, maxLength: 6 }), (plants) => {
        const secrets = plants.map(([{ template }, seed]) => fill(template, seed));
        const text = plants
          .map(([, , before, behind], i) => `${before}\n${secrets[i]}\n${behind} ${secrets[0]}`)
          .join('\n');
        const result = whole(Buffer.from(text));
        const told = JSON.stringify(result ?? {});
        const known = new Set(result?.secrets?.map(({ ruleId }) => ruleId));
        plants.forEach(([{ ruleId, template }, seed], i) => {
          // A name before the secret is none: take the longest run that is random.
          const run = /\{m(?:3\d|4\d)\}/.exec(template)?.[0] ?? '';
          const random = longestRun(template, run, secrets[i] ?? '', seed);
          if (known.has(ruleId)) expect(told).not.toContain(random);
        });
      }),
      { numRuns: 200 },
    );
  });

  test('random bytes and broken samples never throw', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      content.map((known) => known.map((byte, i) => (i % 97 === 5 ? byte ^ 0x15 : byte))),
    );
    fc.assert(
      fc.property(bytes, (found) => {
        const told = JSON.stringify(whole(found, 'srv/x.pyc') ?? {});
        expect(told.length).toBeLessThan(1 << 20);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['keywords and nothing else', 'key AKIA -----BEGIN PRIVATE KEY----- eyJ SG. secret_key= '],
    ['openings that are never closed', `-----BEGIN RSA PRIVATE KEY-----\nAAAA `],
    ['names without values', 'discord_facebook_twitter_adobe_linear = "'],
    ['dots and letters', 'eyJhbGciOiJ.eyJhbGciOiJhhhhhhhhh.'],
    ['addresses', 'postgres://user:password1234'],
    ['PuTTY headers', 'PuTTY-User-Key-File-3: x\ny\n'],
    ['accounts', 'a:$6$aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n'],
  ])('%s, two megabytes of them, do not run away', (_, unit) => {
    const text = Buffer.from(unit.repeat(Math.floor((2 << 20) / unit.length)));
    const start = performance.now();
    whole(text, 'srv/x.txt');
    expect(performance.now() - start).toBeLessThan(25_000);
  });

  test('rules of the user that backtracking would never finish are stopped, and that is said', () => {
    const rules: SecretRules = {
      rules: [
        {
          id: 'slow',
          category: 'x',
          title: 'x',
          severity: 'LOW',
          pattern: '(?:[a-z]+[a-z0-9]*){1,40}!{3}',
          keywords: [],
        },
      ],
      allowRules: [],
      excludeBlocks: [],
      skipPatterns: [],
    };
    const slow = secretAnalyzer(rules);
    expect(whole(Buffer.from('abc1'.repeat(1 << 18)), 'srv/x', slow)?.diagnostics).toMatchObject([
      { code: 'SECRET_RULES_TOO_SLOW' },
    ]);
  });
});

/** The random piece of a filled template. */
function longestRun(template: string, run: string, filled: string, seed: number): string {
  const before = fill(template.slice(0, template.indexOf(run)), seed);
  return filled.slice(before.length, before.length + Number(run.slice(2, -1)));
}

describe('the configuration of an image', () => {
  test('tells secrets in variables, labels and history, without them', () => {
    const config = {
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin', `GH=${token(1)}`], Labels: { token: token(2) } },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [{ created_by: `RUN curl -H "Authorization: Basic ${fill('{m40}', 4)}" https://x` }],
    };
    const findings = findSecretsInImageConfig(config);
    expect(findings.map(({ kind, ruleId, path }) => [kind, ruleId, path])).toEqual([
      ['secret', 'github-pat', 'config.json'],
      ['secret', 'github-pat', 'config.json'],
      ['secret', 'authorization-basic', 'config.json'],
    ]);
    const told = JSON.stringify(findings);
    for (const secret of [token(1), token(2), fill('{m40}', 4)]) expect(told).not.toContain(secret);
    const lines = JSON.stringify(config, null, 2).split('\n');
    for (const { startLine } of findings) expect(lines[startLine - 1]).toMatch(/ghp_|Basic/);
  });
});
