import type { ReviewedApkScript } from './script-rule.ts';

const NO_OLD_LINKS = [
  'bin/install',
  'bin/ip',
  'bin/vi',
  'usr/bin/lspci',
  'usr/bin/telnet',
  'usr/sbin/httpd',
  'usr/bin/ftpget',
  'usr/bin/ftpput',
  'usr/sbin/ftpd',
  'usr/bin/tftp',
  'usr/sbin/fakeidentd',
  'usr/sbin/dnsd',
  'usr/sbin/inetd',
  'usr/sbin/udhcpd',
].map((noLink) => ({ noLink, to: '/bin/busybox' }));
const NO_SUID_PING = ['bin/ping', 'bin/ping6'].map((noLink) => ({ noLink, to: '/bin/bbsuid' }));

/** Scripts of Alpine's base that were read; keys by the release whose text they are of. */
export const REVIEWED: readonly ReviewedApkScript[] = [
  {
    package: 'busybox',
    kind: 'post-upgrade',
    class: 'C',
    reason:
      'removes links of programs that BusyBox no longer has, makes those of new ones, and makes the account klogd: all of it is done',
    checks: NO_SUID_PING,
    emulation: 'busybox-links',
    keys: {
      '3.15': '8beb41e51fd4a2a11d3dbd2ab540dca821aebe5e786f3a1a148ae70161ab963c',
      '3.18': '916d49fb6b28938b2066ac32f0334371a012d83fe0af2976ce53de235c8d7433',
      '3.20': '6da080f30fd3f8c8fa961748081e5399dd7508f7149de2228eb01368d44b8b7e',
      '3.21': 'f1b64923c9d63512c726db3de3339f6e5e03b4116bec765780701c33dffae7ef',
    },
  },
  {
    package: 'busybox',
    kind: 'post-upgrade',
    class: 'C',
    reason: 'moves links of programs that changed their folder long ago, and makes those that are missing',
    checks: [...NO_SUID_PING, ...NO_OLD_LINKS],
    emulation: 'busybox-links',
    keys: { '3.7 to 3.11': '32240b5fb95c08fb71a8c4359542393c1a7a45e4ffc5eda575c93621f4db01d0' },
  },
  {
    package: 'busybox',
    kind: 'trigger',
    class: 'C',
    reason:
      'makes links of programs that are missing, which is done; lists modules of kernels, which is refused',
    checks: [{ absent: 'bin/bbsuid' }],
    emulation: 'busybox-links',
    keys: {
      '3.7 to 3.10': '35e9ab2537bd0f9b3551c894bb043141a205521aed188d4ffd47fa1ecd463672',
      '3.11': '3fb315805dca14e5a29c5faa1714ca50a62787ad61f4d24ceaff2ddd3c2a1081',
      '3.15 to 3.20': 'b3aaf955ca57df0274d1e8e48ca74cf1d92d4ee10a53915e100c1e08aa353588',
      '3.21': '5d7658157060f5920d509b488fad32d237f14223bf4c470aa45998c004da9e37',
    },
  },
  {
    package: 'alpine-baselayout',
    kind: 'pre-upgrade',
    class: 'E',
    reason: 'gives endings to files of modprobe.d and turns two folders of old releases into links',
    checks: [{ namesWithEndings: 'etc/modprobe.d' }, { noFolder: 'var/run' }, { noFolder: 'var/spool/mail' }],
    keys: {
      '3.18': 'c7986530a813dfdf23a538f4fcaa26226bc7fa5e30721f431484415d6bd2ed64',
      '3.20': '7932e35a022fabe18bbb73b4167585a8f514655e1c302edbf88a8485bb376ba2',
    },
  },
  {
    package: 'alpine-baselayout',
    kind: 'pre-upgrade',
    class: 'E',
    reason: 'the same, for a third folder too',
    checks: [
      { namesWithEndings: 'etc/modprobe.d' },
      { noFolder: 'var/run' },
      { noFolder: 'var/lock' },
      { noFolder: 'var/spool/mail' },
    ],
    keys: { '3.21': 'd4e0f61cc12bcc52308d80077d6944522b21de272a3f23a212caaeb28d1467de' },
  },
  {
    package: 'alpine-baselayout',
    kind: 'post-upgrade',
    class: 'M',
    reason: 'leads an old link to its new name and gives shadow files to the group shadow',
    checks: [
      { noLink: 'etc/profile.d/color_prompt.sh', to: 'color_prompt' },
      { owned: 'etc/shadow', user: 'root', group: 'shadow' },
      { owned: 'etc/shadow-', user: 'root', group: 'shadow' },
    ],
    keys: { '3.20 and 3.21': 'dd74e153503895efbab3fa4d63334504b8cce18cd70194bb333e8c816c3c9a19' },
  },
  {
    package: 'alpine-baselayout',
    kind: 'post-upgrade',
    class: 'M',
    reason: 'the same, and starts services the way of old virtual servers, where OpenRC is there',
    checks: [
      { absent: 'sbin/rc' },
      { noLink: 'etc/profile.d/color_prompt.sh', to: 'color_prompt' },
      { owned: 'etc/shadow', user: 'root', group: 'shadow', mode: 0o640 },
    ],
    keys: { '3.15 and 3.18': '63a447bce3a06481202a97cad78e03a39f418be23fd8cfba10fe8edb70249f8d' },
  },
];
