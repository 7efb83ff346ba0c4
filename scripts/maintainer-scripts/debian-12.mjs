/** Modules of nginx, and the links that switch them on: made on a first installation, or where a removed one comes back. */
const NGINX_MODULES = [
  ['http-echo', '50-mod-http-echo'],
  ['http-geoip', '50-mod-http-geoip'],
  ['http-image-filter', '50-mod-http-image-filter'],
  ['http-xslt-filter', '50-mod-http-xslt-filter'],
  ['mail', '50-mod-mail'],
  ['stream', '50-mod-stream'],
  ['stream-geoip', '70-mod-stream-geoip'],
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

const IMAGEMAGICK =
  'compare animate convert composite conjure import identify stream display montage mogrify'.split(' ');

const PHP_COMMON =
  'calendar ctype exif fileinfo ffi ftp gettext iconv pdo phar posix shmop sockets sysvmsg sysvsem sysvshm tokenizer'.split(
    ' ',
  );

/** ucf does nothing where what the package brings is as it was. */
function phpSettings(part, modules) {
  return [
    'settings of modules, which stay; modules that are on already; settings of earlier versions',
    [
      ...modules.map((name) => ({ unchanged: `usr/share/php8.2-${part}/${part}/${name}.ini` })),
      { absent: 'etc/php/mods-available' },
      { absent: 'etc/php/8.2/mods-available/zlib.ini' },
    ],
  ];
}

/** Scripts of Debian 12, read by a person: class, why they can be left out, what must hold, and what is emulated. */
export const REVIEWS = {
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
  ghostscript: [
    'C',
    'the map of fonts, made anew of the same fonts',
    [{ present: 'var/lib/ghostscript/fonts/Fontmap' }],
  ],
  git: ['V', 'links that were left before 1.8.4', [{ from: '1:1.8.4' }]],
  'imagemagick-6.q16': [
    'A',
    'alternatives of its programs',
    [
      { from: '8:6.9.2.10+dfsg-3' },
      ...IMAGEMAGICK.flatMap((name) => [
        { present: `var/lib/dpkg/alternatives/${name}` },
        { present: `var/lib/dpkg/alternatives/${name}-im6` },
      ]),
    ],
  ],
  'init-system-helpers': [
    'E',
    'takes back a diversion of debootstrap',
    [{ absent: 'etc/os-release.debootstrap' }],
  ],
  iproute2: ['M', 'capabilities of ip as answered in debconf'],
  less: ['A', 'alternative of pager', [{ from: '551-1' }, { present: 'var/lib/dpkg/alternatives/pager' }]],
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
  'libgdk-pixbuf-2.0-0': [
    'C',
    'the cache of loaders, removed and made anew of the same loaders',
    [{ present: 'usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders.cache' }],
  ],
  libgcrypt20: ['E', 'removes copies of the library that no package owns'],
  'libglib2.0-0': [
    'C',
    'compiled schemas and the cache of modules, made anew of what they are made of',
    [{ present: 'usr/lib/x86_64-linux-gnu/gio/modules' }, { absent: 'usr/lib/gio/modules' }],
  ],
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
  ...nginxModules,
  'mariadb-client': ['N', 'menus, where there are any', [{ absent: 'usr/bin/update-menus' }]],
  'mariadb-common': [
    'A',
    'alternative of my.cnf',
    [{ from: '10.0.20-3' }, { present: 'var/lib/dpkg/alternatives/my.cnf' }],
  ],
  mawk: ['A', 'alternatives of awk'],
  mercurial: ['E', 'its settings, which stay', [{ unchanged: 'usr/share/mercurial/hgext.rc' }]],
  'mercurial-common': ['V', 'bytecode; settings that were moved before 4.7.2', [{ from: '4.7.2-1' }]],
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
  nodejs: ['A', 'alternative of js', [{ present: 'var/lib/dpkg/alternatives/js' }]],
  'openssh-client': [
    'M',
    'group and mode of ssh-agent; a group and alternatives of old releases',
    [{ from: '1:9.1p1-1' }, { group: '_ssh' }],
  ],
  openssl: ['E', 'a link to the configuration', [{ present: 'usr/lib/ssl' }]],
  passwd: ['V', 'an obsolete conffile; the group shadow', [{ group: 'shadow' }]],
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
  perl: [
    'A',
    'removes an alternative that no longer exists; tells of a new release',
    [{ absent: 'var/lib/dpkg/alternatives/rename' }, { from: '5.36.0' }],
  ],
  'perl-base': ['V', 'a folder of documentation that was a link'],
  'php8.2-cli': [
    'A',
    'alternatives of php; its settings, which stay; modules that are on already',
    [
      ...['php', 'phar', 'phar.phar'].map((name) => ({ present: `var/lib/dpkg/alternatives/${name}` })),
      { unchanged: 'usr/lib/php/8.2/php.ini-production.cli' },
      { from: '7.0.3-2' },
    ],
  ],
  'php8.2-common': ['A', ...phpSettings('common', PHP_COMMON)],
  'php8.2-opcache': ['A', ...phpSettings('opcache', ['opcache'])],
  'php8.2-readline': ['A', ...phpSettings('readline', ['readline'])],
  'python3-django': ['V', 'bytecode; an obsolete conffile'],
  'python3.11': ['C', 'bytecode'],
  'python3.11-minimal': [
    'C',
    'bytecode; folders for local modules',
    [{ present: 'usr/local/lib/python3.11/dist-packages' }, { present: 'etc/python3.11/sitecustomize.py' }],
  ],
  'python3.11-venv': ['C', 'bytecode'],
  'readline-common': ['E', 'etc/inputrc on a first installation'],
  'redis-tools': [
    'M',
    'the user redis; owners and modes of its folders',
    [{ user: 'redis' }, ...['etc', 'var/lib'].map((name) => ({ present: `${name}/redis` }))],
  ],
  rsync: ['S', 'unit of systemd; links of the init script'],
  ruby: ['N', 'removes alternatives that no longer exist'],
  sudo: [
    'M',
    'mode of sudoers; files of old releases; links of the init script',
    [
      { from: '1.7.4p4-5' },
      { present: 'etc/sudoers' },
      ...['alternatives/sudo', 'sudoers.dist', 'sudoers.pre-conffile'].map((name) => ({
        absent: `etc/${name}`,
      })),
    ],
  ],
  tar: ['A', 'alternative of rmt'],
  tzdata: ['K', 'the time zone stays as it is; links from before 2022g', [{ from: '2022g-1' }]],
  unzip: [
    'N',
    'types of files, where they are kept',
    [{ absent: 'usr/bin/update-mime' }, { absent: 'usr/sbin/update-mime' }],
  ],
  'usr-is-merged': ['V', 'removes folders that nobody owns on the way from before 36', [{ from: '36' }]],
  'util-linux': ['S', 'alternative of pager; timer of systemd'],
  'util-linux-extra': ['S', 'links of the init script'],
  'xz-utils': [
    'A',
    'alternatives of lzma',
    [{ from: '5.1.1alpha+20120614-1' }, { present: 'var/lib/dpkg/alternatives/lzma' }],
  ],
};
