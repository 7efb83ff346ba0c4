/** Modules of nginx, and the links that switch them on: made on a first installation, or where a removed one comes back. */
const NGINX_MODULES = [
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

/** Scripts of Debian 11, read by a person: class, why they can be left out, what must hold, and what is emulated. */
export const REVIEWS = {
  apt: ['S', 'makes the user _apt; timers of systemd', [{ user: '_apt' }]],
  'base-files': [
    'E',
    'refreshes profiles whose default has changed; folders only on a first installation',
    [
      { unchanged: 'usr/share/base-files/profile' },
      { unchanged: 'usr/share/base-files/dot.profile' },
      { present: 'etc/dpkg/origins/default' },
      { present: 'usr/share/info/dir' },
      { from: '7.7' },
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
  coreutils: ['E', 'a link for touch', [{ present: 'usr/bin/touch' }]],
  'debian-archive-keyring': [
    'V',
    'removes keys that earlier releases put into etc/apt',
    [{ from: '2012.1' }],
  ],
  debianutils: ['N', 'the list of shells on a first installation'],
  dpkg: ['N', 'acts on purge only'],
  e2fsprogs: [
    'S',
    'timers of systemd; initramfs where there is one',
    [{ absent: 'usr/sbin/update-initramfs' }, { from: '1.43' }],
  ],
  'libc-bin': ['C', 'cache of the dynamic linker', [], 'linker-cache'],
  libc6: [
    'V',
    'services restarted, caches dropped from before 2.31; a mark against optimised libraries',
    [{ from: '2.31' }, { absent: 'etc/ld.so.nohwcap' }],
  ],
  ...nginxModules,
  'libpam-modules': ['V', 'files from before 0.99.9; removed modules before 1.4.0-5', [{ from: '1.4.0-5' }]],
  'libpam-runtime': [
    'C',
    'writes common-* anew from the profiles',
    [{ from: '1.1.0-1' }, { unchanged: 'usr/share/pam-configs/unix' }],
  ],
  libpam0g: ['V', 'restarts services from before 1.1', [{ from: '1.4.0' }]],
  'libpython3.9-minimal': ['C', 'bytecode', [{ present: 'etc/python3.9/sitecustomize.py' }]],
  'libpython3.9-stdlib': ['C', 'bytecode'],
  'libssl1.1': ['V', 'restarts services from before 1.0.1g', [{ from: '1.0.1g-3' }]],
  login: [
    'V',
    'an obsolete conffile; leftovers of old releases; files for subordinate ids',
    [
      { from: '1:4.7-2' },
      { absent: 'etc/init.d/logoutd' },
      { absent: 'etc/pam.d/login.pre-upgrade' },
      { present: 'etc/subuid' },
      { present: 'etc/subgid' },
    ],
  ],
  mawk: ['A', 'alternatives of awk', [{ present: 'var/lib/dpkg/alternatives/awk' }]],
  'nginx-common': [
    'S',
    'unit of systemd; owner of the log folder; a first page, not wanted where it was removed; obsolete files',
    ['nginx/ufw.profile', 'nginx-full', 'nginx-light', 'nginx-extras', 'nginx-common'].map((name) => ({
      absent: name.includes('/') ? `etc/ufw/applications.d/${name}` : `etc/logrotate.d/${name}`,
    })),
  ],
  'nginx-core': ['S', 'starts or reloads the service'],
  'nginx-light': ['S', 'starts or reloads the service'],
  nodejs: [
    'A',
    'alternative of js',
    [{ present: 'var/lib/dpkg/alternatives/js' }, { from: '0.6.19~dfsg1-3' }],
  ],
  'openjdk-17-jre-headless': [
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
    'an obsolete conffile; modes of logs of old installers; the group shadow',
    [{ from: '1:4.7-2' }, { absent: 'etc/pam.d/passwd.pre-upgrade' }, { group: 'shadow' }],
  ],
  perl: [
    'A',
    'removes an alternative that no longer exists; tells of a new release',
    [{ absent: 'var/lib/dpkg/alternatives/rename' }, { from: '5.32.0' }],
  ],
  'python3.9': ['C', 'bytecode'],
  'python3.9-minimal': [
    'C',
    'bytecode; folders for local modules',
    [{ present: 'usr/local/lib/python3.9/dist-packages' }, { present: 'etc/python3.9/sitecustomize.py' }],
  ],
  'python3.9-venv': ['C', 'bytecode'],
  tzdata: ['K', 'the time zone stays as it is'],
  'util-linux': [
    'S',
    'alternative of pager; links of the init script; timer of systemd',
    [{ present: 'var/lib/dpkg/alternatives/pager' }],
  ],
};
