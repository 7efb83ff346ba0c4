/** Modules of nginx, and the links that switch them on: made on a first installation, or where a removed one comes back. */
const NGINX_MODULES = [
  ['http-geoip', '50-mod-http-geoip'],
  ['http-image-filter', '50-mod-http-image-filter'],
  ['mail', '50-mod-mail'],
  ['stream', '50-mod-stream'],
];

const nginxModules = Object.fromEntries(
  NGINX_MODULES.map(([name, link]) => [
    `libnginx-mod-${name}`,
    [
      'A',
      'link of the module on a first installation; asks nginx to reload',
      [{ absent: `etc/nginx/modules-enabled/${link}.conf.removed` }],
    ],
  ]),
);

/** Scripts of Debian 13, read by a person: class, why they can be left out, what must hold, and what is emulated. */
export const REVIEWS = {
  apt: ['S', 'makes the user _apt; timers of systemd', [{ user: '_apt' }, { from: '2.4.6' }]],
  'base-files': [
    'E',
    'refreshes profiles whose default has changed; links and diversions for a merged usr',
    [
      { unchanged: 'usr/share/base-files/profile' },
      { unchanged: 'usr/share/base-files/dot.profile' },
      { present: 'etc/dpkg/origins/default' },
      { undiverted: '/lib64' },
      ...['lib32', 'libo32', 'libx32'].flatMap((name) => [
        { diverted: `/${name}` },
        { absent: name },
        { absent: `usr/${name}` },
      ]),
    ],
  ],
  'base-files arm64': [
    'E',
    'refreshes profiles whose default has changed; links and diversions for a merged usr',
    [
      { unchanged: 'usr/share/base-files/profile' },
      { unchanged: 'usr/share/base-files/dot.profile' },
      { present: 'etc/dpkg/origins/default' },
      ...['lib32', 'lib64', 'libo32', 'libx32'].flatMap((name) => [
        { diverted: `/${name}` },
        { absent: name },
        { absent: `usr/${name}` },
      ]),
    ],
  ],
  'base-passwd': [
    'E',
    'brings accounts in line with the master files; files for subordinate ids',
    [
      { unchanged: 'usr/share/base-passwd/passwd.master' },
      { unchanged: 'usr/share/base-passwd/group.master' },
      { present: 'etc/subuid' },
      { present: 'etc/subgid' },
    ],
  ],
  'debian-archive-keyring': [
    'V',
    'removes keys that earlier releases put into etc/apt',
    [{ from: '2021.1.1' }],
  ],
  debianutils: [
    'A',
    'alternative of which; list of shells',
    [
      { present: 'var/lib/dpkg/alternatives/which' },
      { present: 'etc/shells' },
      { unchanged: 'usr/share/debianutils/shells' },
    ],
  ],
  dpkg: [
    'S',
    'the name of its architecture; an alias of its own program; timer of systemd',
    [{ present: 'var/lib/dpkg/arch-native' }, { present: 'sbin/start-stop-daemon' }, { from: '1.22.2' }],
  ],
  gzip: [
    'A',
    'diversions that zutils made before usr was merged',
    [{ undiverted: '/bin/zcat' }, { undiverted: '/usr/bin/zcat' }],
  ],
  libc6: [
    'V',
    'services restarted, caches dropped from before 2.41; diversions for a merged usr',
    [
      { from: '2.41' },
      { diverted: '/lib64/ld-linux-x86-64.so.2' },
      { needs: 'base-files', since: '13.1' },
      { unwatched: 'libc-upgrade' },
      { absent: 'usr/bin/systemd' },
    ],
  ],
  'libc6 arm64': [
    'V',
    'services restarted, caches dropped from before 2.41; a diversion for a merged usr',
    [
      { from: '2.41' },
      { diverted: '/lib/ld-linux-aarch64.so.1' },
      { unwatched: 'libc-upgrade' },
      { absent: 'usr/bin/systemd' },
    ],
  ],
  ...nginxModules,
  'libpam-modules': ['V', 'an option that was renamed before 1.1.2', [{ from: '1.4.0-5' }]],
  'libpam-modules-bin': ['S', 'a service of systemd'],
  'libpython3.13-minimal': ['C', 'bytecode', [{ present: 'etc/python3.13/sitecustomize.py' }]],
  'libpython3.13-stdlib': ['C', 'bytecode'],
  libselinux1: [
    'V',
    'files of an earlier form; temporary files of systemd',
    [{ from: '3.8-2' }, { absent: 'usr/bin/systemd-tmpfiles' }],
  ],
  'login.defs': ['N', 'a conffile that was renamed, on a first installation'],
  'nginx-common': [
    'S',
    'unit of systemd; owner of the log folder; a first page, not wanted where it was removed; obsolete files',
    ['nginx/ufw.profile', 'nginx-full', 'nginx-light', 'nginx-extras', 'nginx-common'].map((name) => ({
      absent: name.includes('/') ? `etc/ufw/applications.d/${name}` : `etc/logrotate.d/${name}`,
    })),
  ],
  'openjdk-21-jre-headless': [
    'C',
    'files of system preferences; alternatives; the key store for Java, made anew of the same authorities',
    [
      { present: 'etc/.java/.systemPrefs/.system.lock' },
      { present: 'etc/.java/.systemPrefs/.systemRootModFile' },
      ...['java', 'jpackage', 'keytool', 'rmiregistry', 'jexec'].map((name) => ({
        present: `var/lib/dpkg/alternatives/${name}`,
      })),
      { present: 'etc/ssl/certs/java/cacerts' },
      { absent: 'usr/sbin/update-binfmts' },
    ],
  ],
  passwd: [
    'V',
    'an obsolete conffile; the group shadow; temporary files of systemd',
    [{ from: '1:4.7-2' }, { group: 'shadow' }, { absent: 'usr/bin/systemd-tmpfiles' }],
  ],
  perl: [
    'A',
    'removes an alternative that no longer exists; tells of a new release',
    [{ absent: 'var/lib/dpkg/alternatives/rename' }, { from: '5.40.0' }],
  ],
  'python3.13': ['C', 'bytecode'],
  'python3.13-minimal': [
    'C',
    'bytecode; folders for local modules',
    [{ present: 'usr/local/lib/python3.13/dist-packages' }, { present: 'etc/python3.13/sitecustomize.py' }],
  ],
  'python3.13-venv': ['C', 'bytecode'],
  tzdata: ['K', 'the time zone stays as it is'],
  'util-linux': [
    'S',
    'alternative of pager; timer of systemd',
    [{ present: 'var/lib/dpkg/alternatives/pager' }],
  ],
};
