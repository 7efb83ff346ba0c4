import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 12. */
export const DEBIAN_A: readonly ReviewedPackage[] = [
  {
    name: 'adduser',
    class: 'V',
    reason: 'moves an unchanged adduser.conf away on the way from before 3.125',
    checks: [{ from: '3.125' }],
    scripts: {
      preinst: ['a8279d75a50e6ed7d990e92846580516a183f83a1ba3ce9d1d861e8d6eccf032'],
      postrm: ['3bfab44c3b7e2cd7384a170e2fc60ad97679f56b48bf8963dc123cb7386be0a8'],
    },
  },
  {
    name: 'apt',
    class: 'S',
    reason: 'makes the user _apt; timers of systemd',
    checks: [{ user: '_apt' }, { from: '2.4.6' }],
    scripts: {
      postinst: ['d9fbec4cec0c0e9212a4253e6230b568d49606713fac28f43e6a2e1b94ffda67'],
      prerm: ['a143f4d29c7f1c6baeaf06ffdea645708aa46f31472352b6ebf2dad3d4d0fe5a'],
      postrm: ['dd5961dcd9bb3e8969ab30b11e13ce0b1b272408e7b11c91bc440f0a662243fb'],
    },
  },
  {
    name: 'base-files',
    class: 'E',
    reason: 'refreshes profiles whose default has changed; folders only on a first installation',
    checks: [
      { unchanged: 'usr/share/base-files/profile' },
      { unchanged: 'usr/share/base-files/dot.profile' },
      { present: 'etc/dpkg/origins/default' },
    ],
    scripts: { postinst: ['5cdec2ba6e1f13820e9b92d75aebeebad576a0b38dbeb72f62161a058a921fd3'] },
  },
  {
    name: 'base-passwd',
    class: 'E',
    reason: 'brings accounts in line with the master files',
    checks: [
      { unchanged: 'usr/share/base-passwd/passwd.master' },
      { unchanged: 'usr/share/base-passwd/group.master' },
    ],
    scripts: {
      preinst: ['4439be07cfc5a94c446e2677936c04c397c61e431ece0bde9ebfe699b420b86a'],
      postinst: ['269243b35d3a002fa56ee3e4db10e8d284ac0561d1e8115f99c199a924fdb128'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'bash',
    class: 'A',
    reason: 'alternative of a manual page; makes /bin/sh where there is none',
    checks: [{ present: 'bin/sh' }],
    scripts: {
      postinst: ['a229570758cfe2e9064c165869361e16a25eaa1e04b6e82d2cb3ee1be2d57ef0'],
      prerm: ['e9686e542124d9e9586861a6910b41125b753aff3ec98ec66802a9235b1b4681'],
      postrm: ['cfad2a9ec74e645345656c99fc6371a9c2b54d90416a9dc88f44a54453ab3ab1'],
    },
  },
  {
    name: 'ca-certificates',
    class: 'K',
    reason: 'selection, links, hash links and bundle of trusted authorities',
    emulation: 'ca-store',
    scripts: {
      postinst: ['b5f3aec24aaa581cf62bbcb416981f9ad4ef0a7b9c766c5cb01eb7aa09d5da2f'],
      postrm: ['24c4e702834698796d7c50e7c328eafb56e06a2ce83b5ca87cef0a7da8f4de16'],
    },
  },
  {
    name: 'coreutils',
    class: 'E',
    reason: 'a link for touch',
    checks: [{ present: 'usr/bin/touch' }],
    scripts: {
      postinst: ['c2779774e10d86e308484e9f2ae40fcb4d8750178a6a7d65858f5de13e369f36'],
      postrm: ['f6e648e02f3e353a0ed6dd798358b9ae8779871cd5401c0c00a566423fdf98b5'],
    },
  },
  {
    name: 'dash',
    class: 'A',
    reason: 'diversion of /bin/sh',
    checks: [{ present: 'bin/sh' }],
    scripts: {
      postinst: ['6555d6fc6a579e8f6e7401bae74f73c5859e7d8a84b1dc56ab14442061370fc1'],
      prerm: ['db65724ca7bc310d795dbb1ae17463faa80ca2b371620b22c8466f72f639faed'],
      postrm: ['98f1b5b03cb567768bae887c90c95c2c61690e68308b789dd78f6e7c347d3c1e'],
    },
  },
  {
    name: 'debconf',
    class: 'N',
    reason: 'loads the library of debconf only',
    scripts: { postinst: ['76907205518aff009a48be4d53fb28329996444cbc6e6c9bb20915ffd8d38e41'] },
  },
  {
    name: 'debian-archive-keyring',
    class: 'V',
    reason: 'removes keys that earlier releases put into etc/apt',
    checks: [{ from: '2021.1.1' }],
    scripts: {
      postinst: ['6e68e198b8b49f149566efbfc4498e0f272019b3fe7aeb564b8a1809edc99ff7'],
      postrm: ['d35d5027adb3c78368750b1efa8a3795157c43b5aa93fc30df0344e27ef393ed'],
    },
  },
  {
    name: 'debianutils',
    class: 'A',
    reason: 'alternative of which; list of shells',
    checks: [{ present: 'etc/shells' }, { unchanged: 'usr/share/debianutils/shells' }],
    scripts: {
      postinst: ['21a82e33409be786104c86ca2f53dfbeaf53f46f2e57e98351df7cb965d0fcab'],
      prerm: ['0784e3d631435a5902a56a39f7da17a90f1b985b1e7894b7d8c4ffa843efda0f'],
      postrm: ['fe7afb752b0d9d63bd89994f422aa0a9ddfc21365686ae9ff781c1d7452dc261'],
    },
  },
  {
    name: 'dpkg',
    class: 'S',
    reason: 'timer of systemd; moves of its own files from before 1.20',
    checks: [{ from: '1.21' }],
    scripts: {
      postinst: ['eb78966747364f8beaa3354611ae5d3ab4b8b326c74896d9f3ac0a3026d358cc'],
      prerm: ['5ed81fc16c6f155de58f6a8f3cc3e6ae20095e1e0820daf750846d085b355cde'],
      postrm: ['c380248f235ab0213faee1eadb5d7e254e238ec96bd9f3e844ada87f0159d428'],
    },
  },
  {
    name: 'e2fsprogs',
    class: 'S',
    reason: 'timers of systemd; initramfs where there is one',
    checks: [{ absent: 'usr/sbin/update-initramfs' }, { from: '1.43' }],
    scripts: {
      preinst: ['2a2d6c843f9cce9ee2c10bbabd6f635334556eaf623cc49288284b0650c6c575'],
      postinst: ['a357f5bc2f1f33b21396474e55f239ed15c9a39940bf22cd133e3b1d4968d0e2'],
      prerm: ['1d8ecb722cb2b3938c89c04f7663a8aaa25d368c9837e67ab4a85ca29822cfe6'],
      postrm: ['fe6bae8848e1c1f32ee8233478d2f28d631b92fddeaa47ca03cd3ac24a7f74cf'],
    },
  },
  {
    name: 'init-system-helpers',
    class: 'E',
    reason: 'takes back a diversion of debootstrap',
    checks: [{ absent: 'etc/os-release.debootstrap' }],
    scripts: { postinst: ['49e5feadbcc8c9cf86f8f1008569f86079b831b43f8dd178fb04f0daaa1e9a55'] },
  },
  {
    name: 'iproute2',
    class: 'M',
    reason: 'capabilities of ip as answered in debconf',
    scripts: {
      postinst: ['cf2e9b019e7e2416251a54d6b9b8b07abd6ac83105de09344f00f4b10b9a2021'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'libbcprov-java',
    class: 'E',
    reason: 'registers a security provider where the tool is there',
    checks: [
      { absent: 'usr/sbin/rebuild-security-providers' },
      { absent: 'usr/bin/rebuild-security-providers' },
    ],
    scripts: {
      postinst: ['c336f044f9cb51020dac1d6f71abe0ba3c44b103bbe3b679a4303a08f6cc15ea'],
      postrm: ['79ee0b5b39f82936185e6b820306ba6c023f7eaff49498c60a44c092fa436b4b'],
    },
  },
];
