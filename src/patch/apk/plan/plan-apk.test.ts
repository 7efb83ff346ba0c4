import { describe, expect, test } from 'vitest';
import {
  found,
  main,
  MAIN,
  moves,
  NEXT,
  OPENSSL,
  pkg,
  plan,
  reasons,
  serve,
  SSL,
} from '../../../../test/fixtures/apk-plan.ts';
import type { MadeApk } from '../../../../test/fixtures/apk-writer.ts';

describe('the smallest set', () => {
  test('packages of one origin move together, and nothing else does', async () => {
    const made = await plan(main(...NEXT));
    expect(moves(made)).toEqual(['libcrypto3 3.3.2-r0 3.3.3-r0', 'libssl3 3.3.2-r0 3.3.3-r0']);
    expect(made.updates.map(({ fixes }) => fixes)).toEqual([[], ['CVE-1']]);
    expect(made.updates[1]).toMatchObject({
      type: 'apk',
      architecture: 'x86_64',
      source: { name: 'openssl', from: '3.3.2-r0', to: '3.3.3-r0' },
      archive: {
        url: `${MAIN}/x86_64/libssl3-3.3.3-r0.apk`,
        identity: expect.stringMatching(/^Q1/) as unknown,
      },
    });
    expect(made.unfixed).toEqual([]);
    expect(made.indexes).toMatchObject([
      { url: `${MAIN}/x86_64/APKINDEX.tar.gz`, suite: 'v3.20/main', date: '2026-01-01T00:00:00.000Z' },
    ]);
  });

  test('of several fixed versions the highest counts', async () => {
    const findings = [found('CVE-1', 'libssl3', '3.3.2-r0', '3.3.3-r0, 3.3.4-r0')];
    expect(reasons(await plan(main(...NEXT), { findings }))).toEqual(['CVE-1 not-in-sources']);
  });

  test('nothing is asked where nothing can be fixed', async () => {
    const made = await plan(main(...NEXT), { findings: [found('CVE-1', 'libssl3', '3.3.2-r0')] });
    expect(made.asked).toEqual([]);
    expect(reasons(made)).toEqual(['CVE-1 no-fix']);
  });

  test('what needs another origin in a newer version takes it along', async () => {
    const next = pkg(
      'libssl3',
      '3.3.3-r0',
      'openssl',
      'depend = musl>=1.2.5-r1',
      'provides = so:libssl.so.3=3',
    );
    const made = await plan(main(...NEXT.filter(({ name }) => name !== 'libssl3'), next));
    expect(moves(made)).toEqual([
      'libcrypto3 3.3.2-r0 3.3.3-r0',
      'libssl3 3.3.2-r0 3.3.3-r0',
      'musl 1.2.5-r0 1.2.5-r1',
    ]);
  });

  test('a library with another name takes along what was linked with it', async () => {
    const [crypto] = NEXT;
    const ssl = pkg('libssl3', '3.3.3-r0', 'openssl', 'provides = so:libssl.so.4=4');
    const tool = pkg('tool', '1.1-r0', 'tool', 'depend = so:libssl.so.4');
    const made = await plan(main(crypto as MadeApk, ssl, tool));
    expect(moves(made)).toContain('tool 1.0-r0 1.1-r0');
    const alone = await plan(main(crypto as MadeApk, ssl));
    expect(reasons(alone)).toEqual(['CVE-1 conflict']);
  });

  test.each([
    ['depend = so:libnew.so.1', 'new-dependency-required'],
    ['depend = cmd:perl', 'new-dependency-required'],
    ['depend = musl~1.3', 'conflict'],
    ['depend = musl<1.2', 'conflict'],
    ['depend = !tool', 'conflict'],
    ['depend = !tool<2', 'conflict'],
  ])('%s: %s', async (line, reason) => {
    const made = await plan(main(pkg('libssl3', '3.3.3-r0', 'openssl', line, 'provides = so:libssl.so.3=3')));
    expect(reasons(made)).toEqual([`CVE-1 ${reason}`]);
    expect(made.updates).toEqual([]);
  });

  test.each([
    'musl~1.2',
    'musl=~1.2.5',
    '!tool>2',
    'musl>1.2.5_rc1',
    '!libssl3<2',
    'so:libc.musl-x86_64.so.1',
    'tool@edge',
  ])('%s holds', async (word) => {
    const made = await plan(
      main(pkg('libssl3', '3.3.3-r0', 'openssl', `depend = ${word}`, 'provides = so:libssl.so.3=3')),
    );
    expect(moves(made)).toEqual(['libssl3 3.3.2-r0 3.3.3-r0']);
    expect(made.notes).toEqual(['libcrypto3 stays at 3.3.2-r0: the new version of openssl does not make it']);
  });

  test('what was broken before is no reason', async () => {
    const broken = OPENSSL.replace('D:so:libssl.so.3', 'D:so:gone.so.1 so:libssl.so.3');
    expect(moves(await plan(main(...NEXT), { installed: broken }))).toHaveLength(2);
  });

  test('an older fix than the one that is needed is none', async () => {
    const made = await plan(main(pkg('libssl3', '3.3.2-r5', 'openssl', 'provides = so:libssl.so.3=3')));
    expect(reasons(made)).toEqual(['CVE-1 not-in-sources']);
    expect(made.unfixed[0]?.detail).toContain('3.3.2-r5 at most');
  });

  test('packages that apk would add by itself are named', async () => {
    const doc = pkg('openssl-doc', '3.3.3-r0', 'openssl', 'install_if = libssl3=3.3.3-r0 musl');
    const lang = pkg('tool-lang', '1.1-r0', 'tool', 'install_if = tool=1.1-r0 lang');
    expect((await plan(main(...NEXT, doc, lang))).notes).toEqual([
      'apk would install openssl-doc too, which nothing needs',
    ]);
  });
});

describe('what the image wants', () => {
  test.each([
    ['libssl3=3.3.2-r0', 'held'],
    ['libssl3<3.3.3', 'held'],
    ['libssl3~3.3.2', 'held'],
  ])('a pin in the world holds: %s', async (pin, reason) => {
    const made = await plan(main(...NEXT), { world: `tool\r\n${pin}\n` });
    expect(reasons(made)).toEqual([`CVE-1 ${reason}`]);
    expect(made.unfixed[0]?.detail).toContain(`etc/apk/world has ${pin}, and there is 3.3.3-r0`);
  });

  test('a pin that a newer version keeps to chooses it', async () => {
    const newest = NEXT.map((made) => ({ ...made, version: made.version.replace('3.3.3', '3.4.0') }));
    const libraries = [...NEXT, ...newest.filter(({ origin }) => origin === 'openssl')].map((made) => ({
      ...made,
      info: (made.info ?? []).map((line) =>
        line.includes('libcrypto3=') ? `depend = libcrypto3=${made.version}` : line,
      ),
    }));
    const made = await plan(main(...libraries), { world: 'tool libssl3~3.3 libcrypto3~3.3' });
    expect(moves(made)).toEqual(['libcrypto3 3.3.2-r0 3.3.3-r0', 'libssl3 3.3.2-r0 3.3.3-r0']);
  });

  test('repositories with a tag are for those who ask for it', async () => {
    const files = serve({ 'v3.20/main': [], edge: NEXT });
    const repositories = `${MAIN}\n# a comment\r\n@edge http://alpine.test/edge\r\n`;
    expect(reasons(await plan(files, { repositories }))).toEqual(['CVE-1 not-in-sources']);
    const world = 'tool libssl3@edge libcrypto3@edge';
    expect(moves(await plan(files, { repositories, world }))).toHaveLength(2);
    const tagged = OPENSSL.replaceAll('o:openssl', 'o:openssl\ns:edge');
    expect(moves(await plan(files, { repositories, installed: tagged }))).toHaveLength(2);
  });

  test('a package whose files could not be written is not touched', async () => {
    const made = await plan(main(...NEXT), { installed: OPENSSL.replace('o:openssl', 'o:openssl\nf:f') });
    expect(reasons(made)).toEqual(['CVE-1 conflict']);
  });

  test('findings of no package, or not asked for', async () => {
    const findings = [SSL, found('CVE-2', 'nowhere', '1', '2'), found('CVE-3', 'tool', '1.0-r0', '1.1-r0')];
    const made = await plan(main(...NEXT), { findings, options: { ids: ['CVE-1', 'CVE-2'] } });
    expect(reasons(made)).toEqual(['CVE-2 not-a-system-package', 'CVE-3 not-selected']);
  });
});
