// Writes the catalogue of maintainer scripts (src/patch/embedded/scripts/catalogue/debian-*.ts) from packages:
//
//   node scripts/classify-maintainer-scripts.mjs FOLDER_WITH_DEBS_OR_DPKG_INFO…
//
// Get the packages with `apt-get download`. A script is only entered where someone has read it: where its package is
// among the reviews below. Templates of debhelper need none (catalogue/templates.ts). What is new is listed on stderr to be
// read, and refused by the engine until then. Entries that are there already stay. Needs dpkg-deb.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const CATALOGUE = new URL('../src/patch/embedded/scripts/catalogue/', import.meta.url);
/** In two files, for one would be too long: names from here on are in the second. */
const SECOND_PART = 'libc';
const KINDS = ['preinst', 'postinst', 'prerm', 'postrm'];

/** Read by a person: class, what must hold, and why. */
const REVIEWS = {
  adduser: ['V', 'moves an unchanged adduser.conf away on the way from before 3.125', [{ from: '3.125' }]],
  apt: ['S', 'makes the user _apt; timers of systemd', [{ user: '_apt' }, { from: '2.4.6' }]],
  'base-files': [
    'E',
    'refreshes profiles whose default has changed; folders only on a first installation',
    [
      { unchanged: 'usr/share/base-files/profile' },
      { unchanged: 'usr/share/base-files/dot.profile' },
      { present: 'etc/dpkg/origins/default' },
    ],
  ],
  'base-passwd': [
    'E',
    'brings accounts in line with the master files',
    [
      { unchanged: 'usr/share/base-passwd/passwd.master' },
      { unchanged: 'usr/share/base-passwd/group.master' },
    ],
  ],
  bash: ['A', 'alternative of a manual page; makes /bin/sh where there is none', [{ present: 'bin/sh' }]],
  'ca-certificates': ['K', 'selection, links, hash links and bundle of trusted authorities', [], 'ca-store'],
  coreutils: ['E', 'a link for touch', [{ present: 'usr/bin/touch' }]],
  dash: ['A', 'diversion of /bin/sh', [{ present: 'bin/sh' }]],
  debconf: ['N', 'loads the library of debconf only'],
  'debian-archive-keyring': [
    'V',
    'removes keys that earlier releases put into etc/apt',
    [{ from: '2021.1.1' }],
  ],
  debianutils: [
    'A',
    'alternative of which; list of shells',
    [{ present: 'etc/shells' }, { unchanged: 'usr/share/debianutils/shells' }],
  ],
  dpkg: ['S', 'timer of systemd; moves of its own files from before 1.20', [{ from: '1.21' }]],
  e2fsprogs: [
    'S',
    'timers of systemd; initramfs where there is one',
    [{ absent: 'usr/sbin/update-initramfs' }, { from: '1.43' }],
  ],
  'init-system-helpers': [
    'E',
    'takes back a diversion of debootstrap',
    [{ absent: 'etc/os-release.debootstrap' }],
  ],
  iproute2: ['M', 'capabilities of ip as answered in debconf'],
  'libbcprov-java': [
    'E',
    'registers a security provider where the tool is there',
    [{ absent: 'usr/sbin/rebuild-security-providers' }, { absent: 'usr/bin/rebuild-security-providers' }],
  ],
  'libc-bin': [
    'C',
    'cache of the dynamic linker; default of nsswitch.conf',
    [{ unchanged: 'usr/share/libc-bin/nsswitch.conf' }],
    'linker-cache',
  ],
  libc6: ['V', 'services restarted, caches dropped from before 2.36; lib64', [{ from: '2.36' }]],
  'libcommons-validator-java': ['N', 'acts on purge only'],
  libgcrypt20: ['E', 'removes copies of the library that no package owns'],
  'libgssapi-krb5-2': ['V', 'moves a file from before 1.12.1', [{ from: '1.12.1+dfsg-2' }]],
  'libpam-modules': ['V', 'files from before 0.99.9; removed modules before 1.4.0-5', [{ from: '1.4.0-5' }]],
  'libpam-runtime': [
    'C',
    'writes common-* anew from the profiles',
    [{ unchanged: 'usr/share/pam-configs/unix' }],
  ],
  libpam0g: ['V', 'restarts services from before 1.1', [{ from: '1.4.0' }]],
  'libpython3.11-minimal': ['C', 'bytecode', [{ present: 'etc/python3.11/sitecustomize.py' }]],
  'libpython3.11-stdlib': ['C', 'bytecode'],
  'libstdc++6': ['C', 'bytecode'],
  login: [
    'V',
    'an obsolete conffile; files for subordinate ids',
    [{ present: 'etc/subuid' }, { present: 'etc/subgid' }],
  ],
  mawk: ['A', 'alternatives of awk'],
  nginx: ['S', 'starts or reloads the service'],
  'nginx-common': [
    'S',
    'unit of systemd; owner of the log folder; a first page, not wanted where it was removed; obsolete files',
    [
      { absent: 'etc/ufw/applications.d/nginx/ufw.profile' },
      { absent: 'etc/logrotate.d/nginx-full' },
      { absent: 'etc/logrotate.d/nginx-light' },
      { absent: 'etc/logrotate.d/nginx-extras' },
      { absent: 'etc/logrotate.d/nginx-common' },
    ],
  ],
  openssl: ['E', 'a link to the configuration', [{ present: 'usr/lib/ssl' }]],
  passwd: ['V', 'an obsolete conffile; the group shadow', [{ group: 'shadow' }]],
  'perl-base': ['V', 'a folder of documentation that was a link'],
  'python3-django': ['V', 'bytecode; an obsolete conffile'],
  'python3.11': ['C', 'bytecode'],
  'python3.11-minimal': [
    'C',
    'bytecode; folders for local modules',
    [{ present: 'usr/local/lib/python3.11/dist-packages' }, { present: 'etc/python3.11/sitecustomize.py' }],
  ],
  'python3.11-venv': ['C', 'bytecode'],
  'readline-common': ['E', 'etc/inputrc on a first installation'],
  ruby: ['N', 'removes alternatives that no longer exist'],
  tar: ['A', 'alternative of rmt'],
  tzdata: ['K', 'the time zone stays as it is; links from before 2022g', [{ from: '2022g-1' }]],
  'util-linux': ['S', 'alternative of pager; timer of systemd'],
  'util-linux-extra': ['S', 'links of the init script'],
};

const { normaliseScript, scriptKey } = await load('../src/patch/embedded/scripts/normalise-script.ts');
const { templateOf } = await load('../src/patch/embedded/scripts/catalogue/templates.ts');
const known = await load('../src/patch/embedded/scripts/catalogue/debian.ts');
/** Keys by package and script; those that are there already stay. */
const keys = new Map(
  (known.REVIEWED ?? []).flatMap(({ name, scripts }) =>
    Object.entries(scripts).map(([kind, list]) => [`${name} ${kind}`, new Set(list)]),
  ),
);

for (const folder of process.argv.slice(2)) for (const script of scriptsIn(folder)) enter(script);
write();

async function load(path) {
  const file = new URL(path, import.meta.url);
  if (!existsSync(file)) return {};
  const { outputFiles } = await esbuild.build({
    entryPoints: [file.pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function* scriptsIn(folder) {
  if (existsSync(join(folder, 'status'))) return yield* installedScripts(folder);
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .sort()) {
    const into = mkdtempSync(join(tmpdir(), 'maintainer-scripts-'));
    execFileSync('dpkg-deb', ['-e', join(folder, name), join(into, 'c')]);
    const control = readFileSync(join(into, 'c/control'), 'utf8');
    const owner = { name: field(control, 'Package'), version: field(control, 'Version') };
    for (const kind of KINDS) {
      const file = join(into, 'c', kind);
      if (existsSync(file)) yield { owner, kind, text: readFileSync(file, 'utf8') };
    }
    rmSync(into, { recursive: true });
  }
}

function* installedScripts(folder) {
  for (const stanza of readFileSync(join(folder, 'status'), 'utf8').split(/\n\n+/)) {
    const owner = { name: field(stanza, 'Package'), version: field(stanza, 'Version') };
    for (const kind of KINDS) {
      for (const stem of [owner.name, `${owner.name}:${field(stanza, 'Architecture')}`]) {
        const file = join(folder, 'info', `${stem}.${kind}`);
        if (existsSync(file)) yield { owner, kind, text: readFileSync(file, 'utf8') };
      }
    }
  }
}

function field(text, name) {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(text)?.[1] ?? '';
}

function enter({ owner, kind, text }) {
  const key = scriptKey(text, owner);
  if (templateOf(normaliseScript(text, owner))) return;
  if (!REVIEWS[owner.name])
    return console.error(`not reviewed: ${owner.name} ${owner.version} ${kind} ${key.slice(0, 12)}`);
  const label = `${owner.name} ${kind}`;
  if (!keys.get(label)?.has(key)) console.error(`new: ${label} of ${owner.version} ${key.slice(0, 12)}`);
  keys.set(label, new Set([...(keys.get(label) ?? []), key]));
}

function write() {
  const reviewed = Object.entries(REVIEWS).flatMap(([name, [letter, reason, checks = [], emulation]]) => {
    const scripts = KINDS.flatMap((kind) => {
      const list = keys.get(`${name} ${kind}`);
      return list ? [[kind, [...list].sort()]] : [];
    });
    if (scripts.length === 0) return [];
    const more = { ...(checks.length > 0 && { checks }), ...(emulation && { emulation }) };
    return [{ name, class: letter, reason, ...more, scripts: Object.fromEntries(scripts) }];
  });
  const half = reviewed.findIndex(({ name }) => name >= SECOND_PART);
  writePart('DEBIAN_A', 'debian-a.ts', reviewed.slice(0, half));
  writePart('DEBIAN_L', 'debian-l.ts', reviewed.slice(half));
  console.error(`${reviewed.length} packages`);
}

function writePart(constant, file, packages) {
  const target = new URL(file, CATALOGUE);
  const lines = packages.map((each) => `  ${JSON.stringify(each)},\n`).join('');
  writeFileSync(
    target,
    `import type { ReviewedPackage } from '../script-rule.ts';\n\n/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 12. */\nexport const ${constant}: readonly ReviewedPackage[] = [\n${lines}];\n`,
  );
  execFileSync('npx', ['prettier', '--write', target.pathname], { stdio: 'ignore' });
}
