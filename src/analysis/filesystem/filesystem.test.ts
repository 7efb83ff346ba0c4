import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import type { EntryHeader, FileResult } from '../analyzer.ts';
import { parsePasswd, parseShadow } from './accounts.ts';
import { builtinFilesystemRules } from './builtin-rules.ts';
import { decodeCapabilities } from './capability.ts';
import { filesystemAnalyzer } from './filesystem-analyzer.ts';
import type { FilesystemRules } from './filesystem-rule.ts';
import { loadFilesystemRules } from './rule-file.ts';

interface Made extends Partial<EntryHeader> {
  readonly path: string;
  readonly content?: string;
}

/** What the analyzer says, by path, of entries brought as a layer would. */
function check(made: readonly Made[], rules?: FilesystemRules): Record<string, string[]> {
  const analyzer = filesystemAnalyzer(rules);
  const session = analyzer.begin();
  const told: Record<string, string[]> = {};
  const keep = (path: string, result: FileResult | undefined): void => {
    for (const { ruleId } of result?.misconfigurations ?? []) (told[path] ??= []).push(ruleId);
  };
  for (const { content = '', ...rest } of made) {
    const bytes = Buffer.from(content);
    const entry: EntryHeader = {
      kind: 'file',
      mode: 0o644,
      sizeBytes: bytes.length,
      uid: 0,
      gid: 0,
      ...rest,
    };
    keep(entry.path, session.entry?.(entry));
    if (entry.kind === 'file' && analyzer.wants(entry))
      keep(entry.path, session.add({ ...entry, content: bytes }));
  }
  for (const [path, result] of session.end?.() ?? []) keep(path, result);
  return told;
}

const KEY =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

describe('built-in checks', () => {
  test.each<[what: string, made: Made, ids: string[]]>([
    ['a setuid program of the distribution', { path: 'usr/bin/passwd', mode: 0o4755 }, ['DD-FS-0002']],
    ['the same without /usr', { path: 'bin/su', mode: 0o4755 }, ['DD-FS-0002']],
    ['another setuid program', { path: 'opt/app/run', mode: 0o4755 }, ['DD-FS-0001']],
    ['a setuid program of a usual name elsewhere', { path: 'opt/bin/passwd', mode: 0o4755 }, ['DD-FS-0001']],
    ['a hard link to one', { path: 'opt/again', kind: 'hardlink', mode: 0o4755 }, ['DD-FS-0001']],
    ['setuid without a right to execute', { path: 'opt/app/data', mode: 0o4644 }, []],
    ['a setgid program of the distribution', { path: 'usr/bin/chage', mode: 0o2755 }, ['DD-FS-0004']],
    ['another setgid program', { path: 'opt/app/run', mode: 0o2755 }, ['DD-FS-0003']],
    ['a setgid directory', { path: 'var/mail', kind: 'directory', mode: 0o2775 }, []],
    ['a file that everybody may write', { path: 'etc/app.conf', mode: 0o666 }, ['DD-FS-0005']],
    ['a link, whose mode says nothing', { path: 'etc/app.conf', kind: 'symlink', mode: 0o777 }, []],
    ['such a directory', { path: 'srv', kind: 'directory', mode: 0o777 }, ['DD-FS-0006']],
    ['such a directory with the sticky bit', { path: 'tmp', kind: 'directory', mode: 0o1777 }, []],
    [
      'capabilities',
      { path: 'usr/bin/ping', mode: 0o755, xattrs: new Map([['security.capability', CAPABILITY]]) },
      ['DD-FS-0007'],
    ],
    ['a program in /tmp', { path: 'tmp/build/run', mode: 0o755 }, ['DD-FS-0008']],
    ['a file in /tmp', { path: 'tmp/note', mode: 0o644 }, []],
    ['a device', { path: 'opt/disk', kind: 'other', mode: 0o600 }, ['DD-FS-0009']],
    ['a device in /dev', { path: 'dev/null', kind: 'other', mode: 0o666 }, []],
    ['a private key', { path: 'root/.ssh/id_rsa', content: KEY }, ['DD-FS-0010']],
    [
      'a private key behind a certificate',
      { path: 'a.pem', content: `${'x\n'.repeat(99)}${KEY}` },
      ['DD-FS-0010'],
    ],
    ['a public key', { path: 'app/tls.pem', content: '-----BEGIN CERTIFICATE-----\n'.repeat(9) }, []],
    [
      'a name only',
      { path: 'app/id_rsa', content: 'here is where the key will be put, when it is started' },
      [],
    ],
    ['a key store', { path: 'app/server.p12', content: 'x' }, ['DD-FS-0011']],
    ['credentials', { path: 'home/a/.aws/credentials', content: 'x' }, ['DD-FS-0012']],
    [
      'credentials by a pattern',
      { path: 'root/.config/gcloud/credentials.db', content: 'x' },
      ['DD-FS-0012'],
    ],
    ['an environment file', { path: 'app/.env', content: 'A=1' }, ['DD-FS-0013']],
    ['one for production', { path: 'app/.env.production', content: 'A=1' }, ['DD-FS-0013']],
    ['an example of one', { path: 'app/.env.example', content: 'A=1' }, []],
    ['an empty one', { path: 'app/.env' }, []],
    ['authorized keys', { path: 'root/.ssh/authorized_keys', content: 'ssh-rsa A' }, ['DD-FS-0014']],
    ['a repository', { path: 'app/.git', kind: 'directory', mode: 0o755 }, ['DD-FS-0015']],
    ['a history', { path: 'root/.bash_history', content: 'ls' }, ['DD-FS-0016']],
    ['a password', { path: 'etc/shadow', content: 'root:$6$salt$hash:1::\nbin:*:1::\n' }, ['DD-FS-0018']],
    ['an account without one', { path: 'etc/shadow', content: 'root::1::\nbin:!:1::\n' }, ['DD-FS-0019']],
    ['locked accounts', { path: 'etc/shadow', content: 'root:*:1::\nbin:!!:1::\nx:!$6$s$h:1::\n' }, []],
    [
      'a second superuser',
      { path: 'etc/passwd', content: 'root:x:0:0::/:\ntoor:x:0:0::/:\n' },
      ['DD-FS-0020'],
    ],
  ])('%s', (_, made, ids) => {
    expect(check([made])).toEqual(ids.length > 0 ? { [made.path]: ids } : {});
  });

  test('a cache is told once', () => {
    const cache = ['a', 'b', 'c'].map((name) => ({ path: `var/lib/apt/lists/${name}`, content: 'x' }));
    const told = check([
      ...cache,
      { path: 'var/lib/apt/lists/lock' },
      { path: 'var/cache/apt/pkgcache.bin', content: 'x' },
    ]);
    expect(told).toEqual({
      'var/lib/apt/lists/a': ['DD-FS-0017'],
      'var/cache/apt/pkgcache.bin': ['DD-FS-0017'],
    });
  });

  test('owners are compared with the accounts of the layer, whichever comes first', () => {
    const passwd = { path: 'etc/passwd', content: 'root:x:0:0::/:\napp:x:1000:1000::/:\n' };
    const files = [
      { path: 'app/a', uid: 1000 },
      { path: 'app/b', uid: 4242 },
      { path: 'app/c', uid: 4242 },
    ];
    expect(check([...files, passwd])).toEqual({ 'etc/passwd': ['DD-FS-0021'] });
    expect(check([passwd, files[0] as Made])).toEqual({});
    expect(check(files)).toEqual({});
  });

  test('thousands of findings of one rule become a diagnostic', () => {
    const session = filesystemAnalyzer().begin();
    const results = Array.from({ length: 2_000 }, (_, i) =>
      session.entry?.({ path: `f${i}`, kind: 'file', mode: 0o666, sizeBytes: 1 }),
    );
    expect(results.filter((result) => result?.misconfigurations)).toHaveLength(500);
    expect([...(session.end?.() ?? [])]).toEqual([
      ['', { diagnostics: [expect.objectContaining({ code: 'MISCONFIGURATIONS_LIMIT' })] }],
    ]);
  });

  test('ids are unique, and messages are filled in', () => {
    const ids = builtinFilesystemRules.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const result = filesystemAnalyzer()
      .begin()
      .entry?.({
        path: 'x',
        kind: 'file',
        mode: 0o4755,
        sizeBytes: 1,
        uid: 7,
        xattrs: new Map([['security.capability', CAPABILITY]]),
      });
    expect(result?.misconfigurations?.map(({ message }) => message)).toEqual([
      'x runs with the rights of user 7 (mode 4755)',
      'x has the capabilities cap_net_raw',
    ]);
  });
});

describe('parts', () => {
  test.each([
    ['0100000200200000000000000000000000000000', ['cap_net_raw']],
    ['000000020000000000000000ffffffff00000000', expect.arrayContaining(['cap_mac_override', 'cap_63'])],
    ['0100000300040000000000000000000000000000e8030000', ['cap_net_bind_service']],
    ['0100000100200000 00200000'.replace(' ', ''), ['cap_net_raw']],
    ['01000009', undefined],
    ['', undefined],
  ])('capabilities %s', (hex, expected) => {
    expect(decodeCapabilities(Buffer.from(hex, 'hex'))).toEqual(expected);
  });

  test('any bytes are answered', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decodeCapabilities(bytes)));
    const text = fc
      .array(fc.constantFrom('root', ':', '\n', '0', '$6$', '*', '#'))
      .map((words) => words.join(''));
    fc.assert(fc.property(text, (lines) => void [parsePasswd(lines), parseShadow(lines)]));
  });
});

describe('rules of the user', () => {
  const RULES = `
rules:
  - id: ACME-1
    title: Logs in the image
    severity: low
    paths: ['/var/log/**', '**/*.log']
    not-paths: ['var/log/README']
    kinds: [file]
    mode: { all: 0600, none: "0o100" }
    owner: { not-uid: [0] }
    size: { min: 1, max: 1000 }
    message: '{path} has {size} bytes'
    resolution: Remove it.
disable: [DD-FS-0005, DD-FS-0020]
`;

  test('are read, and join the built-in ones', () => {
    const rules = loadFilesystemRules(RULES, 'rules.yaml');
    const own = rules.rules.at(-1);
    expect(own).toMatchObject({
      severity: 'LOW',
      paths: ['var/log/**', '**/*.log'],
      mode: { all: 0o600, none: 0o100 },
      owner: { notUids: [0] },
    });
    const log = { path: 'var/log/x', content: 'x', uid: 5 };
    expect(check([log], rules)).toEqual({ 'var/log/x': ['ACME-1'] });
    expect(
      check(
        [
          { ...log, uid: 0 },
          { ...log, mode: 0o700 },
          { ...log, content: '' },
        ],
        rules,
      ),
    ).toEqual({});
    expect(check([{ path: 'etc/x', mode: 0o666 }], rules)).toEqual({});
    expect(check([{ path: 'etc/passwd', content: 'a:x:0:0::/:\n' }], rules)).toEqual({});
  });

  test('one with the id of a built-in rule takes its place', () => {
    const rules = loadFilesystemRules('rules: [{id: DD-FS-0005, title: t, severity: HIGH, paths: [a]}]', 'r');
    expect(rules.rules.filter(({ id }) => id === 'DD-FS-0005')).toHaveLength(1);
    expect(check([{ path: 'b', mode: 0o666 }], rules)).toEqual({});
  });

  test('analyses made with other rules have another analyzer', () => {
    const rules = loadFilesystemRules(RULES, 'rules.yaml');
    expect(filesystemAnalyzer(rules).id).not.toBe(filesystemAnalyzer().id);
    expect(loadFilesystemRules('', 'r')).toBe(builtinFilesystemRules);
  });

  test.each([
    ['- a', 'r:1: a mapping was expected'],
    ['rules: 5', 'r:1: rules must be a list'],
    ['\nrule: []', 'r:2: "rule" is not known'],
    ['rules:\n  - title: a', 'r:2: id is missing'],
    ['rules:\n  - id: a\n    title: a\n    severity: BAD\n    paths: [a]', 'r:4: severity must be one of'],
    ['rules:\n  - {id: a, title: a, severity: LOW}', 'r:2: a fits everything'],
    ['rules:\n  - {id: a, title: a, severity: LOW, mode: {all: 9}}', 'r:2: all must be octal digits'],
    ['rules:\n  - {id: a, title: a, severity: LOW, kinds: [pipe]}', 'r:2: kinds must be one of'],
    ['rules:\n  - id: a\n    id: b', 'r:3: "id" stands twice'],
    ['disable: [DD-FS-9999]', 'r:1: there is no built-in check "DD-FS-9999"'],
    ['a: [', 'r:1: is not YAML'],
    ['x: &a [*a]', 'r:1: "x" is not known'],
    ['x'.repeat((1 << 20) + 1), 'r: is longer than'],
  ])('%j is refused', (text, message) => {
    expect(() => loadFilesystemRules(text, 'r')).toThrow(message);
    expect(() => loadFilesystemRules(text, 'r')).toThrow(DrydockError);
  });

  test('any text is read or refused', () => {
    const word = fc.constantFrom(
      'rules:',
      '\n',
      '  - ',
      'id: a',
      '[',
      '{',
      '}',
      ']',
      '&a',
      '*a',
      '"',
      'mode:',
      ': ',
      '? ',
    );
    const tried = (text: string): void => {
      try {
        loadFilesystemRules(text, 'r');
      } catch (error) {
        expect(error).toBeInstanceOf(DrydockError);
      }
    };
    fc.assert(fc.property(fc.array(word), (words) => tried(words.join(''))));
    fc.assert(fc.property(fc.string(), tried));
    tried('['.repeat(50_000));
    tried('rules:\n' + '  - '.repeat(5_000));
  });
});
