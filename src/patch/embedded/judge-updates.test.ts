import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { debOf, type DebMember } from '../../../test/fixtures/deb-bytes.ts';
import { sowRoot, type Sown } from '../../../test/fixtures/memory-root.ts';
import type { PackageUpdate } from '../../model/patch.ts';
import { judgeUpdates, type JudgedUpdates } from './judge-updates.ts';
import type { ScriptPolicy } from './judge-source.ts';

const { signal } = new AbortController();
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

interface Case {
  readonly info?: Readonly<Record<string, string>>;
  readonly files?: readonly DebMember[];
  /** Instead of what the package brought. */
  readonly image?: Readonly<Record<string, Sown>>;
  readonly policy?: ScriptPolicy;
  /** Only the installed version has them. */
  readonly oldInfo?: Readonly<Record<string, string>>;
}

/** One package on the way to its next version. */
async function judge({
  info = {},
  files = [],
  image = {},
  policy,
  oldInfo = info,
}: Case): Promise<JudgedUpdates> {
  const conffiles = (oldInfo['conffiles'] ?? '').split('\n').filter(Boolean);
  const records = conffiles.map((path) => ` ${path} ${md5('old\n')}`);
  const field = records.length > 0 ? `Conffiles:\n${records.join('\n')}\n` : '';
  const root = sowRoot({
    'etc/passwd': 'root:x:0:0::/:\n',
    'etc/group': 'root:x:0:\n',
    'var/lib/dpkg/status': `Package: pkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n${field}Description: x\n`,
    'var/lib/dpkg/info/pkg.list': ['/.', ...conffiles].map((path) => `${path}\n`).join(''),
    ...Object.fromEntries(conffiles.map((path) => [path.slice(1), 'old\n'])),
    ...Object.fromEntries(
      Object.entries(oldInfo).map(([kind, text]) => [`var/lib/dpkg/info/pkg.${kind}`, text]),
    ),
    ...image,
  });
  const deb = debOf('Package: pkg\nVersion: 1.0-2\nArchitecture: amd64\nDescription: x', files, { ...info });
  const update: PackageUpdate = {
    type: 'deb',
    name: 'pkg',
    architecture: 'amd64',
    from: '1.0-1',
    to: '1.0-2',
    source: { name: 'pkg', from: '1.0-1', to: '1.0-2' },
    fixes: [],
    archive: { url: '', sizeBytes: 0, sha256: '' },
  };
  return await judgeUpdates(root, [update], {
    fetch: () => Promise.resolve(deb),
    signal,
    ...(policy && { scripts: policy }),
  });
}

const HARMLESS = '#!/bin/sh\nset -e\n';
const BYTECODE = `${HARMLESS}if command -v py3compile >/dev/null 2>&1; then\n\tpy3compile -p pkg\nfi\n`;
const UNKNOWN = `${HARMLESS}summon-demons\n`;
const CONFFILE: DebMember = { path: './etc/p.conf', text: 'new\n' };

describe('the risk of a package', () => {
  test.each<[string, Case, string]>([
    ['without scripts', {}, 'none'],
    ['whose script does nothing', { info: { postinst: HARMLESS } }, 'none'],
    ['whose script makes bytecode', { info: { postinst: BYTECODE } }, 'known-scripts'],
    [
      'whose libraries are in a cache',
      {
        info: { triggers: 'activate-noawait ldconfig\n' },
        image: { 'var/lib/dpkg/triggers/ldconfig': 'libc-bin\n' },
      },
      'emulated',
    ],
    [
      'with a file that was changed',
      { info: { conffiles: '/etc/p.conf\n' }, files: [CONFFILE], image: { 'etc/p.conf': 'mine\n' } },
      'config-touched',
    ],
    [
      'with a file that was changed, and that stays as it was in the package',
      {
        info: { conffiles: '/etc/p.conf\n' },
        files: [{ ...CONFFILE, text: 'old\n' }],
        image: { 'etc/p.conf': 'mine\n' },
      },
      'none',
    ],
    ['with a file that was not changed', { info: { conffiles: '/etc/p.conf\n' }, files: [CONFFILE] }, 'none'],
    ['with a script that nobody has read', { info: { postinst: UNKNOWN } }, 'unknown-script'],
    [
      'with such a script that is the same as before, where that may pass',
      { info: { postinst: UNKNOWN }, policy: 'equal' },
      'unknown-script',
    ],
    [
      'that others would have to make something of',
      {
        files: [{ path: './usr/share/mime/packages/p.xml', text: 'x' }],
        image: { 'var/lib/dpkg/triggers/File': '/usr/share/mime/packages shared-mime-info\n' },
      },
      'refused',
    ],
    [
      'that others would have to make something of, as the installed version asks for',
      {
        info: {},
        oldInfo: { triggers: 'activate-noawait summons\n' },
        image: { 'var/lib/dpkg/triggers/summons': 'demons\n' },
      },
      'refused',
    ],
    [
      'that others would have to take note of as a file of it goes',
      {
        image: {
          'usr/share/mime/packages/p.xml': 'x',
          'var/lib/dpkg/info/pkg.list': '/.\n/usr/share/mime/packages\n/usr/share/mime/packages/p.xml\n',
          'var/lib/dpkg/triggers/File': '/usr/share/mime/packages shared-mime-info\n',
        },
      },
      'refused',
    ],
  ])('%s', async (_, input, risk) => {
    const { risks, refused } = await judge(input);
    expect(risks).toMatchObject([{ name: 'pkg', architecture: 'amd64', risk }]);
    const passes = input.policy === 'equal' || !['unknown-script', 'refused'].includes(risk);
    expect(refused.length === 0, JSON.stringify(refused)).toBe(passes);
  });

  test('is told with what it is about', async () => {
    const kept = await judge({
      info: { conffiles: '/etc/p.conf\n' },
      files: [CONFFILE],
      image: { 'etc/p.conf': 'mine\n' },
    });
    expect(kept.risks[0]?.detail).toBe('/etc/p.conf');
    const unknown = await judge({ info: { postinst: UNKNOWN } });
    expect(unknown.risks[0]?.detail).toContain('summon-demons');
  });
});

test('packages are fetched ahead, each once', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const root = sowRoot({
    'var/lib/dpkg/status': names
      .map(
        (name) =>
          `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: x\n`,
      )
      .join('\n'),
    ...Object.fromEntries(names.map((name) => [`var/lib/dpkg/info/${name}.list`, '/.\n'])),
  });
  const asked: string[] = [];
  let coming = 0;
  let most = 0;
  const { accepted } = await judgeUpdates(
    root,
    names.map((name) => ({
      type: 'deb',
      name,
      architecture: 'amd64',
      from: '1',
      to: '2',
      source: { name, from: '1', to: '2' },
      fixes: [],
      archive: { url: '', sizeBytes: 0, sha256: '' },
    })),
    {
      signal,
      fetch: async ({ name }) => {
        asked.push(name);
        most = Math.max(most, ++coming);
        await new Promise((resolve) => setImmediate(resolve));
        coming--;
        return debOf(`Package: ${name}\nVersion: 2\nArchitecture: amd64\nDescription: x`, [], {});
      },
    },
  );
  expect(accepted).toHaveLength(names.length);
  expect(asked).toEqual(names);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});
