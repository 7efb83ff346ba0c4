import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeApk, makeApkIndex, makeApkKey, type MadeApk } from '../../../test/fixtures/apk-writer.ts';
import { shared } from '../../../test/fixtures/shared.ts';
import { DrydockError } from '../../base/errors.ts';
import { StreamError } from '../../codec/stream-error.ts';
import { apk } from '../../versions/apk.ts';
import { firstMember } from './archive/gzip-member.ts';
import { identityOf, isApk, openApk, SCRIPT_KINDS } from './archive/open-apk.ts';
import { parsePackageInfo } from './archive/package-info.ts';
import { signedParts } from './archive/signed-parts.ts';
import { filesOf, parseInstalled } from './database/record.ts';
import { formOf, parseScripts, writeScripts, type RecordedScript } from './database/scripts-archive.ts';
import { foldersTold, parseTriggers, writeTriggers } from './database/triggers.ts';
import { folderLines } from './database/write-record.ts';
import { installOrder } from './install-order.ts';
import { holdsFor, parseRelation } from './plan/relations.ts';
import { accountLines } from './scripts/account-lines.ts';
import { makeAccounts } from './scripts/accounts.ts';
import { readIndexRecords } from './sources/index-records.ts';
import { parseRepositories } from './sources/repositories.ts';
import { protectedFolders } from './unpack/protected-paths.ts';

const { signal } = new AbortController();
const key = makeApkKey();
const MADE: MadeApk = {
  name: 'tool',
  version: '1.0-r1',
  scripts: { 'post-upgrade': '#!/bin/sh\n' },
  files: [
    { path: 'usr', isFolder: true },
    { path: 'usr/tool', content: 'tool' },
    { path: 'usr/link', link: 'tool' },
    { path: 'usr/hard', hardLink: 'usr/tool' },
  ],
};
const built = makeApk(MADE, key);
const index = makeApkIndex([built], key);

/** A file with some bytes changed, cut or doubled. */
const mutated = (bytes: Buffer) =>
  fc
    .record({
      at: fc.nat(bytes.length - 1),
      by: fc.uint8Array({ minLength: 1, maxLength: 4 }),
      cut: fc.option(fc.nat(bytes.length)),
    })
    .map(({ at, by, cut }) => {
      const copy = Buffer.from(bytes);
      copy.set(by.subarray(0, copy.length - at), at);
      return cut === null ? copy : copy.subarray(0, cut);
    });

/** Text of pieces that matter to the parser. */
const textOf = (...pieces: readonly string[]) =>
  fc
    .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom(...pieces)), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''));

describe('archives', () => {
  test('a mutated package is refused, or is what the index names', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(built.bytes), async (bytes) => {
        const opened = await openApk(bytes, { of: 'tool', identity: built.identity, signal }).catch(
          (error: unknown) => error,
        );
        if (opened instanceof Error) expect(opened).toMatchObject({ code: 'PACKAGE_ARCHIVE_INVALID' });
        // What the signature says of a package is of no matter.
        else expect(await isApk(bytes, built.identity)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever is inside of what the index names, it ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.uint8Array({ maxLength: 200 }),
        async (control, data) => {
          const bytes = Buffer.concat([gzipSync(control), data]);
          const opening = openApk(bytes, { of: 'x', identity: identityOf(gzipSync(control)), signal });
          await expect(opening).rejects.toBeInstanceOf(DrydockError);
        },
      ),
    );
  });

  test('a mutated index is damaged, or has its parts', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(index), async (bytes) => {
        const parts = await signedParts(bytes).catch((error: unknown) => error);
        if (parts instanceof Error) expect(parts).toBeInstanceOf(StreamError);
      }),
      { numRuns: 300 },
    );
  });

  test('the first member ends where the second begins', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.uint8Array({ maxLength: 100 }), (first, rest) => {
        const packed = gzipSync(first);
        const member = firstMember(Buffer.concat([packed, rest]), 1 << 20);
        expect(member.length).toBe(packed.length);
        expect(Buffer.compare(member.content, first)).toBe(0);
      }),
    );
    expect(() => firstMember(gzipSync(Buffer.alloc(1_000)), 999)).toThrow(StreamError);
  });

  test('any bytes are no member', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const whole = Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), bytes]);
        for (const each of [bytes, whole]) {
          try {
            firstMember(each, 1 << 16);
          } catch (error) {
            expect(error).toBeInstanceOf(StreamError);
          }
        }
      }),
    );
  });
});

describe('texts', () => {
  const record = [
    'P:a\n',
    'V:1-r0\n',
    'C:Q1',
    'F:usr\n',
    'F:..\n',
    'R:x\n',
    'M:0:0:755\n',
    'a:',
    'Z:Q1',
    '\n\n',
    'D:so:',
    'i:',
    '\r',
  ];

  test('any database gives an answer in which no path leaves the root', () => {
    fc.assert(
      fc.property(textOf(...record), (text) => {
        for (const pkg of parseInstalled(text).packages)
          for (const { path } of filesOf(pkg)) expect(path.split('/')).not.toContain('..');
      }),
    );
  });

  test('any index gives an answer that can be fetched', () => {
    fc.assert(
      fc.property(textOf(...record, 'S:1\n', 't:99\n', `C:Q1${'a'.repeat(27)}=\n`), (text) => {
        for (const { name, version } of readIndexRecords(Buffer.from(text), new Set(['a'])).records)
          expect(new URL(`${name}-${version}.apk`, 'http://x/y/').href).toMatch(/^http:\/\/x\/y\/[^/]+$/);
      }),
    );
  });

  test('any repositories, triggers, rules and words', () => {
    const pieces = [
      'http://',
      '@tag ',
      '#',
      '/',
      '\n',
      '\r',
      ' ',
      '*',
      '[',
      '-',
      '+etc',
      '!',
      '=',
      '<',
      '~1',
      '><',
      'so:',
    ];
    fc.assert(
      fc.property(textOf(...pieces), (text) => {
        for (const { uri } of parseRepositories(text, 'x', () => undefined))
          expect(URL.canParse(uri)).toBe(true);
        for (const trigger of parseTriggers(text)) foldersTold(trigger, ['usr/bin']);
        protectedFolders(text.split('\n'))('etc/apk/keys');
        const relation = parseRelation(text);
        if (relation) holdsFor(relation, apk.parse('1.2.3-r0'));
        parsePackageInfo(text);
      }),
    );
  });

  test('any script: accounts are well formed, and what is there stays', () => {
    const files = { passwd: 'root:x:0:0::/:/bin/sh\n', group: 'root:x:0:\nnot-ended:x:5:' };
    const pieces = [
      'addgroup ',
      'adduser ',
      '-S ',
      '-D -H ',
      '-G ',
      '-g ',
      '-u 5 ',
      'tool',
      'root',
      '"a:b" ',
      '\n',
      '2>/dev/null',
      '$(x)',
      '`',
      "'",
    ];
    fc.assert(
      fc.property(textOf(...pieces), (text) => {
        const made = makeAccounts(files, accountLines(text).wishes, 1);
        if ('refusal' in made) return;
        expect(made.files.passwd.startsWith(files.passwd)).toBe(true);
        for (const line of made.files.passwd.trim().split('\n')) expect(line.split(':')).toHaveLength(7);
        for (const line of made.files.group.trim().split('\n')) expect(line.split(':')).toHaveLength(4);
      }),
    );
  });

  test.each([
    [
      'records',
      (text: string) => void parseInstalled(text),
      ['P:a\n\n', 'F:usr\nR:x\n', '\n', 'x\n', 'Z:Q1\n'],
    ],
    [
      'indexes',
      (text: string) => void readIndexRecords(Buffer.from(text), new Set(['a'])),
      ['P:a\ni:a\n\n', '\n', 'P:a\n\n'],
    ],
    ['scripts', (text: string) => void accountLines(text), ['addgroup -S a\n', '"', ' 2>/dev/null', '-S ']],
    [
      'rules',
      (text: string) => void protectedFolders(text.split('\n'))('a/b/c'),
      ['*\n', '+a/*\n', '[\n', 'a/'],
    ],
  ])('hostile lengths are no burden: %s', (_, parse, units) => {
    for (const unit of units) parse(unit.repeat((1 << 20) / unit.length));
  });
});

describe('laws', () => {
  test('scripts come back as they were written', async () => {
    const script = fc.record({
      owner: fc.stringMatching(/^[a-z][a-z0-9.+-]{0,120}-\d-r\d$/),
      identity: fc
        .uint8Array({ minLength: 20, maxLength: 20 })
        .map((sum) => `Q1${Buffer.from(sum).toString('base64')}`),
      kind: fc.constantFrom(...SCRIPT_KINDS),
      content: fc.uint8Array({ maxLength: 700 }),
      mtime: fc.nat(2 ** 31 - 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(script, { maxLength: 4 }), fc.boolean(), async (scripts, isCompressed) => {
        const archive = writeScripts(scripts, { isCompressed, digits: 12 });
        const back = await parseScripts(
          archive,
          isCompressed,
          scripts.map(({ identity }) => identity),
        );
        const plain = ({ content, ...rest }: RecordedScript) => ({
          ...rest,
          content: Buffer.from(content).toString('hex'),
        });
        expect(back.map(plain)).toEqual(scripts.map(plain));
      }),
    );
  });

  test('triggers come back as they were written', () => {
    const text = 'Q1x= /bin /lib/modules/*\nQ1y= /usr\n';
    expect(writeTriggers(parseTriggers(text))).toBe(text);
    expect(parseTriggers('Q1x=\n\n')).toEqual([]);
  });

  test('a star of a trigger is of one part', () => {
    const trigger = { globs: ['/lib/modules/*', '/usr/bin'] };
    const folders = ['lib/modules/5', 'usr/bin', 'lib/modules', 'lib/modules/5/x', 'usr', 'bin'];
    expect(foldersTold(trigger, folders)).toEqual(['lib/modules/5', 'usr/bin']);
  });

  test('what is needed comes first, in a circle too', () => {
    const of = (name: string, ...depends: string[]) => ({
      name,
      depends,
      provides: [`so:${name}`],
      installIf: [],
    });
    const order = installOrder([of('a', 'so:b'), of('b', 'c'), of('c', 'a'), of('d')], ['a', '!d']);
    expect(order).toEqual(['c', 'b', 'a', 'd']);
    const long = Array.from({ length: 5_000 }, (_, i) => of(`p${i}`, `so:p${i + 1}`));
    expect(installOrder(long, ['p0'])[0]).toBe('p4999');
  });

  test.each([
    ['~1.2', '1.2.7-r3', true],
    ['~1.2', '1.20-r0', false],
    ['=~1.2.7', '1.2.7-r3', true],
    ['>=1.2', '1.2-r0', true],
    ['<1.2', '1.2_rc1', true],
    ['>1.2', '1.2', false],
    ['=1.2-r0', '1.2-r1', false],
    ['<=1.2-r1', '1.2-r1', true],
    ['', '0', true],
  ])('x%s holds for %s: %s', (bound, version, holds) => {
    const relation = parseRelation(`x${bound}@tag`);
    expect(relation).toMatchObject({ name: 'x', tag: 'tag' });
    expect(holdsFor(relation ?? {}, apk.parse(version))).toBe(holds);
  });

  test.each(['', '=1', '!', 'x><Q1abc', 'x=', 'x=not a version', 'a b'])('%j is no relation', (word) => {
    expect(parseRelation(word)).toBeUndefined();
  });
});

describe.skipIf(!shared)('real databases (needs ../shared)', () => {
  test.each([
    'alpine-3.4.6-x86_64.tar.xz',
    'alpine-3.9.6-x86_64.tar.gz',
    'alpine-3.15.11-x86_64.tar.gz',
    'alpine-3.20.3-x86_64.tar.gz',
    'alpine-edge-20240923-x86_64.tar.gz',
  ])('%s is written as it was read', async (name) => {
    const archive = join(shared ?? '', 'data/images', name);
    const extract = (member: string): Buffer =>
      spawnSync('tar', ['-xOf', archive, `./lib/apk/db/${member}`]).stdout;
    const text = extract('installed').toString('utf8');
    const { packages, problems } = parseInstalled(text);
    expect(problems).toEqual([]);
    const written = packages.map((pkg) => {
      const head = pkg.text.split('\n').filter((line) => !/^[FMRaZ]:/.test(line));
      return `${[...head, ...folderLines(pkg.folders)].join('\n')}\n\n`;
    });
    expect(written.join('')).toBe(text);
    const scripts = extract('scripts.tar');
    const read = await parseScripts(
      scripts,
      false,
      packages.map(({ identity }) => identity),
    );
    expect(Buffer.compare(writeScripts(read, formOf(scripts, false)), scripts)).toBe(0);
    expect(writeTriggers(parseTriggers(extract('triggers').toString('utf8')))).toBe(
      extract('triggers').toString('utf8'),
    );
  });
});
