import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 12. */
export const DEBIAN_L: readonly ReviewedPackage[] = [
  {
    name: 'libc-bin',
    class: 'C',
    reason: 'cache of the dynamic linker; default of nsswitch.conf',
    checks: [{ unchanged: 'usr/share/libc-bin/nsswitch.conf' }],
    emulation: 'linker-cache',
    scripts: { postinst: ['ddf65ff76d24187f75055d5dbee5c7e01168c45333fb15288f4f52bec850fa51'] },
  },
  {
    name: 'libc6',
    class: 'V',
    reason: 'services restarted, caches dropped from before 2.36; lib64',
    checks: [{ from: '2.36' }],
    scripts: {
      preinst: ['f83ca32616b194f2287bc670c03890e5c637c06dfc0db5a562a17f29262e2d75'],
      postinst: ['8ef3c7e47222544e528dfff925f13be86c68fbd8aec2187c4899f9c076c2c7ef'],
      postrm: ['1e792f265a5ea0fd7dbc3e41e8985eff9307ca649c592f1f929c5cbec937bec8'],
    },
  },
  {
    name: 'libcommons-validator-java',
    class: 'N',
    reason: 'acts on purge only',
    scripts: { postrm: ['1b1825ea9131e102b2dfa421463992f9f87685f4de66a8ae4a5cb051a9a8bbc7'] },
  },
  {
    name: 'libgcrypt20',
    class: 'E',
    reason: 'removes copies of the library that no package owns',
    scripts: { postinst: ['78fe38a64484d7bdec2a6c2e8a5171049e9f9251e35eb9692ee0f23e259363d4'] },
  },
  {
    name: 'libgssapi-krb5-2',
    class: 'V',
    reason: 'moves a file from before 1.12.1',
    checks: [{ from: '1.12.1+dfsg-2' }],
    scripts: {
      postinst: ['b902acb25f89bb8c63e9c883a3259d08236f879e48ca7ddfe0b15f0f1eaf6518'],
      postrm: ['3176ca04345aacc468b9d02bd71bf6ba36e1a6265edb352d3352a2eda6e8446e'],
    },
  },
  {
    name: 'libpam-modules',
    class: 'V',
    reason: 'files from before 0.99.9; removed modules before 1.4.0-5',
    checks: [{ from: '1.4.0-5' }],
    scripts: {
      preinst: ['ebe5516b2d02cdf453427514c0c9c31137209a0305dc4f6f238f55955a617d28'],
      postinst: ['ec9941656df0c4bb402261ca0949d15d4d1de0242172c6a88d1d1fec21249d49'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'libpam-runtime',
    class: 'C',
    reason: 'writes common-* anew from the profiles',
    checks: [{ unchanged: 'usr/share/pam-configs/unix' }],
    scripts: {
      postinst: ['7c7974f64c45c9f1f59e202bfb691cb41652c2f37dada281b33e8c904752dbc9'],
      postrm: ['99718992b03d4b54a5deb7332288d784083156f3b74cd07ac67d00ef061742fe'],
    },
  },
  {
    name: 'libpam0g',
    class: 'V',
    reason: 'restarts services from before 1.1',
    checks: [{ from: '1.4.0' }],
    scripts: {
      postinst: ['d97c63f987d347991454a067ed571c34cb61e78cb45f914a83b0589b9d5d3871'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'libpython3.11-minimal',
    class: 'C',
    reason: 'bytecode',
    checks: [{ present: 'etc/python3.11/sitecustomize.py' }],
    scripts: {
      postinst: ['82292d733a734c92b23484a672ce36993073a44c520a53c5e6b710f81a8e3922'],
      prerm: ['3990be1a341baeb51c45b515a258faa73827690acc7f5b2bf02102db3f282d01'],
      postrm: ['8e5829c04545ab5db68a9025b51679a900c6fd4bb8eb207ea6c36af0901f8b89'],
    },
  },
  {
    name: 'libpython3.11-stdlib',
    class: 'C',
    reason: 'bytecode',
    scripts: { prerm: ['43b339eeb03147d8b7a1c4499e9d6fb4d9d33791ce21f04195fc19cfb6175d46'] },
  },
  {
    name: 'libstdc++6',
    class: 'C',
    reason: 'bytecode',
    scripts: { prerm: ['ca54be67c2ab3ebfead635e860f856ebd688569ebab0c541fe5d67ce57843d05'] },
  },
  {
    name: 'login',
    class: 'V',
    reason: 'an obsolete conffile; files for subordinate ids',
    checks: [{ present: 'etc/subuid' }, { present: 'etc/subgid' }],
    scripts: { postinst: ['b8768a6b67a88b8011020854aafa230361158411c589afa3e38dac9676dae5ff'] },
  },
  {
    name: 'mawk',
    class: 'A',
    reason: 'alternatives of awk',
    scripts: {
      postinst: ['32bb1d41433947069f726a531dbefe54750cd73d3e1fb05eace9125cebc6bb4c'],
      prerm: ['8c235e174da83ca45fd46f76d659eb30e2025dea991540881761ee506c2ecaa6'],
    },
  },
  {
    name: 'nginx',
    class: 'S',
    reason: 'starts or reloads the service',
    scripts: {
      postinst: ['ab96bfd7783a4cbe7ca24147c41e5ab308bd6682441834f64b2617df78cdd9db'],
      prerm: ['383dcbbf3942414fb8b04a2f54e08d79db2042f7e86ab7f5391725af1e6e7123'],
    },
  },
  {
    name: 'nginx-common',
    class: 'S',
    reason:
      'unit of systemd; owner of the log folder; a first page, not wanted where it was removed; obsolete files',
    checks: [
      { absent: 'etc/ufw/applications.d/nginx/ufw.profile' },
      { absent: 'etc/logrotate.d/nginx-full' },
      { absent: 'etc/logrotate.d/nginx-light' },
      { absent: 'etc/logrotate.d/nginx-extras' },
      { absent: 'etc/logrotate.d/nginx-common' },
    ],
    scripts: {
      preinst: ['c1988b09be150dcc7c766db3ba89e7cfedd886a487b085f2b319f13b9a2a4897'],
      postinst: ['e0c758b551fc7d46a112b6af22b015568c5d0ccd503a1acdc4afe42974feeb04'],
      prerm: ['041761bb8b593aac111775597dc805eb6de20eeb2a94cdaf85bc4ee217c09c80'],
      postrm: ['23ff5810e7f45ed128b4bced1416489e2a7d58442dd4bc7ee275254fa7cb343a'],
    },
  },
  {
    name: 'openssl',
    class: 'E',
    reason: 'a link to the configuration',
    checks: [{ present: 'usr/lib/ssl' }],
    scripts: { postinst: ['18e8ce2d417c52f47a1a25f3e1afdd5f9c8ade2fea41679a95d2da68c78448b3'] },
  },
  {
    name: 'passwd',
    class: 'V',
    reason: 'an obsolete conffile; the group shadow',
    checks: [{ group: 'shadow' }],
    scripts: { postinst: ['815e0649ec96f0f6e60b76a25ec31c4be18c29df8a6f9f1b8e87c55f91e2e46a'] },
  },
  {
    name: 'python3.11',
    class: 'C',
    reason: 'bytecode',
    scripts: {
      postinst: ['93ae5e30cdce2d8f2490ff8e0ebc424972451f569d9b5c6034529b55947f5efa'],
      prerm: ['f6ae31b03e75913ea9e85b43970e16e14bcfeca355c38261be384e60ed95831c'],
    },
  },
  {
    name: 'python3.11-minimal',
    class: 'C',
    reason: 'bytecode; folders for local modules',
    checks: [
      { present: 'usr/local/lib/python3.11/dist-packages' },
      { present: 'etc/python3.11/sitecustomize.py' },
    ],
    scripts: {
      preinst: ['bc12b552260e6391105aff759b12b5de5e0f7137ef7b3f929b16f87c5b79b031'],
      postinst: ['c97199db334f11e709e0349e6869efd49c98a26e409a138bfb84c85fb37766c2'],
      prerm: ['8b31b6ddf8e33c9fa9403eb1295512582e987a4efee6c6eba54a5a9b42b6c7cc'],
      postrm: ['5f5fbb7b8649986b836ce2cebc76e87a5594b1ceab108901b481132b5778a00f'],
    },
  },
  {
    name: 'python3.11-venv',
    class: 'C',
    reason: 'bytecode',
    scripts: {
      postinst: ['df606836ad59fd86c31b38af5a98dcbebf3e5f8565a6bdfb82c6b793a5774ed4'],
      prerm: ['87b42d47a97a773982cab926839b848edb7e46e72322234ec5a305581378aba5'],
      postrm: ['a5a74043afe79988d4f5a64e96d9549e5ea9596c25ac9c0d793590fb51f16585'],
    },
  },
  {
    name: 'readline-common',
    class: 'E',
    reason: 'etc/inputrc on a first installation',
    scripts: {
      postinst: ['d57ef746a5d080bc57f4653ad1983fd371c647bc3f046a3e66ea4e0e04730242'],
      postrm: ['7233b45222ef16734f22114bfd5eb57e39bb4a51e96b5631c05ebde8ad0b7888'],
    },
  },
  {
    name: 'ruby',
    class: 'N',
    reason: 'removes alternatives that no longer exist',
    scripts: { preinst: ['107169c2d9a3d052a35691f35c5ecea7c19abe709f31a07bfa73c31f0663949b'] },
  },
  {
    name: 'tar',
    class: 'A',
    reason: 'alternative of rmt',
    scripts: {
      postinst: ['eac622069666a2f827408852b07519da84a1149991204e396b8b9fd64cbd5c89'],
      prerm: ['f31cc59bb4b3817e1a853cab8a8848aeb978265b1a8742fbfb1622240be70a5f'],
    },
  },
  {
    name: 'tzdata',
    class: 'K',
    reason: 'the time zone stays as it is; links from before 2022g',
    checks: [{ from: '2022g-1' }],
    scripts: {
      postinst: ['e244225a09d146951a88f3e82af87eda4bbdc0f3dc920b93ce4f6fefeea5464d'],
      postrm: ['55a5adb5a2a9c5986bfb60343d7280badc2780140d8ad0a792ad6d159da04e4c'],
    },
  },
  {
    name: 'util-linux',
    class: 'S',
    reason: 'alternative of pager; timer of systemd',
    scripts: {
      postinst: ['196a0a9afaf89b7bce25e426f78a6dd3badf5c5e38cc9f14778e2323d944038e'],
      prerm: ['6c759d1207005ab7ff09595858757887fce0550d8a10e48963c0e561d8584460'],
      postrm: ['16b99ba6f99d9fbddcda922b9cc57cf7e2d7115ad1136491b3b7954b70d9b5d5'],
    },
  },
  {
    name: 'util-linux-extra',
    class: 'S',
    reason: 'links of the init script',
    scripts: {
      preinst: ['e5ead6a0f59fbaf5b6fb5e9da78a656d2a948ab2c87b6d6f1f007e5d799eeb7c'],
      postinst: ['8be9f4a4b85708bbc747ade4fdec5d0172d14387f332a0ebfc984fc1e56ef9c4'],
      postrm: ['701ae5e12d27b84c6e4fd2c9a65533b7c7abe0b0723bccda9b53e88e8932de61'],
    },
  },
];
