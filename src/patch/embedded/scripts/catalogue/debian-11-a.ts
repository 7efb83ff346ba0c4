import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 11. */
export const DEBIAN_11_A: readonly ReviewedPackage[] = [
  {
    name: 'apt',
    class: 'S',
    reason: 'makes the user _apt; timers of systemd',
    checks: [{ user: '_apt' }],
    scripts: {
      postinst: ['ef88cdebf6297745628ea1b3ced1adca189a397fd9a45a99127663ac684b9833'],
      prerm: ['1a40ad0ebfc5912bdb93c0a24f67a6b7083a4aabdaeb5aec72fa1ef7dd0d57f5'],
      postrm: ['760cf0a6b440dd23bdd7d4069084a90ebb2c44fb6ee6923aa58fae0782e61522'],
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
      { present: 'usr/share/info/dir' },
      { from: '7.7' },
    ],
    scripts: { postinst: ['815518f7e4c6febcd9a9d4e92063c6f15f9370e3fc50d6cefa7216c9172a4e8f'] },
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
      preinst: ['ef6e6f33f00a8f9051a74bce3f5dda02b3cc2dabdd8d64a3f3de816117a0157a'],
      postinst: ['f80d48a30445fd3c1583cb72a7066c0e607346ce82959b12b2408659cfdc733b'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'coreutils',
    class: 'E',
    reason: 'a link for touch',
    checks: [{ present: 'usr/bin/touch' }],
    scripts: {
      postinst: ['e143b36df9577b1fc72b7186ac58103a65287bdc2a4821faf760e9651f974b23'],
      postrm: ['4b96026806f6081fbe6dc30af5518adc298172a496e8fca074d6cae7311208a1'],
    },
  },
  {
    name: 'debian-archive-keyring',
    class: 'V',
    reason: 'removes keys that earlier releases put into etc/apt',
    checks: [{ from: '2012.1' }],
    scripts: {
      postinst: ['be98b29587a592ab3684e5b24ab5f38550da9a3e3afbd76acd4a1f70cccc4c1a'],
      postrm: ['c2ff916adf0af90509f415c04c9a4b52cb3f70cbd325cdf19696af04296185c4'],
    },
  },
  {
    name: 'debianutils',
    class: 'N',
    reason: 'the list of shells on a first installation',
    scripts: {
      postinst: ['9af91b10fa1990bcc27c56bbd7d8ab4ef1f4a11aeb12f115f5b3deceea476889'],
      postrm: ['e20744aa17a91af0de34a9de7885368ab3999e5eb7e9d5893b10fa638c3cebab'],
    },
  },
  {
    name: 'dpkg',
    class: 'N',
    reason: 'acts on purge only',
    scripts: { postrm: ['9c9754b36b4cc0c8b0002ab817df042f26ae6dff7dafcd9db7ee30941a906344'] },
  },
  {
    name: 'e2fsprogs',
    class: 'S',
    reason: 'timers of systemd; initramfs where there is one',
    checks: [{ absent: 'usr/sbin/update-initramfs' }, { from: '1.43' }],
    scripts: {
      preinst: ['2a2d6c843f9cce9ee2c10bbabd6f635334556eaf623cc49288284b0650c6c575'],
      postinst: ['a357f5bc2f1f33b21396474e55f239ed15c9a39940bf22cd133e3b1d4968d0e2'],
      prerm: ['ca91b04d7de6ce9cc4e9ecb91016f834267068258cef6ae16b538c9314b3971e'],
      postrm: ['e16319a314b743424d5b0ee7ff96d9aafc89648173cebff8d3e17df18df5cd85'],
    },
  },
  {
    name: 'libc-bin',
    class: 'C',
    reason: 'cache of the dynamic linker',
    emulation: 'linker-cache',
    scripts: { postinst: ['5bc28bf4921c2d7d8373774582b85739105cd6435d027052132c63b891994baf'] },
  },
  {
    name: 'libc6',
    class: 'V',
    reason: 'services restarted, caches dropped from before 2.31; a mark against optimised libraries',
    checks: [{ from: '2.31' }, { absent: 'etc/ld.so.nohwcap' }],
    scripts: {
      preinst: ['2ef59f6145a6ce310444c5d11098f191d8b7d2977e00359a0aa29d7d2e385007'],
      postinst: ['64a5ecb75244d8e9c7d0e6260db14f61c902a71c11c0dccb4f1347c053a3c65c'],
      postrm: ['2d0435efc043c48474ca04f5b8263dd61ce5d56ae94fcfc1b6a7ff4083b31ce0'],
    },
  },
  {
    name: 'libnginx-mod-mail',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-mail.conf.removed' }],
    scripts: {
      postinst: ['1f121f8f3444004340d348d1d9a8e5d5504a1ac4daaa96e56121e7c005b730ed'],
      prerm: ['9b05767b99175dade9b90ef52a2f74b3b6d13fa1a04f049102e02a4250733055'],
      postrm: ['1e91b72731b4f33b21aca06497b9c79ace870e8dac6f4223ef5954fdf71652dd'],
    },
  },
  {
    name: 'libnginx-mod-stream',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-stream.conf.removed' }],
    scripts: {
      postinst: ['65d6e27e067433af048b78caacd88a1cd3295beb7ba873f79ce18449f85c8b93'],
      prerm: ['2a9816feeef39efd0de8a553c55889d6858dd49c67f8ef158599a31df15d85ab'],
      postrm: ['1fd4d49cc005f97b987e3ec0555ad27c4f62931f2f68fc6579f749563c6441d3'],
    },
  },
  {
    name: 'libpam-modules',
    class: 'V',
    reason: 'files from before 0.99.9; removed modules before 1.4.0-5',
    checks: [{ from: '1.4.0-5' }],
    scripts: {
      preinst: ['10c13afd03eb78e397ed0e802dc899a4329af42c30ace57de4cad079d6fb3fde'],
      postinst: ['ba3f3d6f6c2449ee44c67858c1a93eb65678eca60484d0d9f7e069b79c7ae349'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'libpam-runtime',
    class: 'C',
    reason: 'writes common-* anew from the profiles',
    checks: [{ from: '1.1.0-1' }, { unchanged: 'usr/share/pam-configs/unix' }],
    scripts: {
      postinst: ['f3557024449a8057cd86de130f10459273c60bfad260833c3e9934299b03e4e1'],
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
    name: 'libpython3.9-minimal',
    class: 'C',
    reason: 'bytecode',
    checks: [{ present: 'etc/python3.9/sitecustomize.py' }],
    scripts: {
      postinst: ['465db1aae7c19e31291c2a380bc2855bc53cd577b7d54871cc159c160f693a33'],
      prerm: ['909e7a1835ca9e690040c770396fec9a6ce6ff35943f49028e4a67270f9feebc'],
      postrm: ['b772b4d44bcac43ee47047316c77dd06ccc3fbea59825bfffef22d37f7dade8c'],
    },
  },
  {
    name: 'libpython3.9-stdlib',
    class: 'C',
    reason: 'bytecode',
    scripts: { prerm: ['8435126e527b0a9ec4db7e5ac8ec4a1e7ead85ba2b94723aa227fb9b6b0b1cd9'] },
  },
  {
    name: 'libssl1.1',
    class: 'V',
    reason: 'restarts services from before 1.0.1g',
    checks: [{ from: '1.0.1g-3' }],
    scripts: {
      postinst: ['ff2a5e8d0fede03d4a8950cf46b9eecfaa9068192bfd61bde4b6ef30aa7eb4f4'],
      postrm: ['ca3fbf17cf9354b4baad27ffff36a5ad278af41d32f20b5dd00154c84bbb4281'],
    },
  },
  {
    name: 'login',
    class: 'V',
    reason: 'an obsolete conffile; leftovers of old releases; files for subordinate ids',
    checks: [
      { from: '1:4.7-2' },
      { absent: 'etc/init.d/logoutd' },
      { absent: 'etc/pam.d/login.pre-upgrade' },
      { present: 'etc/subuid' },
      { present: 'etc/subgid' },
    ],
    scripts: {
      preinst: ['e7a197c4f13e9ca70ddc9574b65eb11fbcb66412977d465c966e6e4b447efde3'],
      postinst: ['77b61c5bbb3a9239eb6f17e0598a76398cb6e0eb3d05ef3e6a52ccc80c407cea'],
    },
  },
  {
    name: 'mawk',
    class: 'A',
    reason: 'alternatives of awk',
    checks: [{ present: 'var/lib/dpkg/alternatives/awk' }],
    scripts: {
      postinst: ['90b90108313894d9cb7cc7f32caaf401541cfa95854facd29c747123d572e669'],
      prerm: ['9b3e0201992f7590ae7334bdcde550a4eec28d87bcd90ac273e41bc37ef7e148'],
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
      preinst: ['764a237395980be23c50f59af95102800d52c691b240c18bfd0280f6d59db0dd'],
      postinst: ['b4007200127579004c3049879c7453a2d22e1206697990f592e7dc910cc8e781'],
      prerm: ['92797171cafcad5a1bbc35dfce975ec295d51b05bdf0825b07dba5bf39c4ccaa'],
      postrm: ['8f539c099bd56ecc40447d3949d6770bb2b5a395a0691e8b5f252baa7b070307'],
    },
  },
  {
    name: 'nginx-core',
    class: 'S',
    reason: 'starts or reloads the service',
    scripts: {
      postinst: ['42f5cd33a861a76c99c5f4dd64d67690d4acae5586105359592affa7022755bc'],
      prerm: ['88e7f3650e20c09bd0493381be86d74b097257353cba03ff4690f86ea5aef369'],
    },
  },
  {
    name: 'nginx-light',
    class: 'S',
    reason: 'starts or reloads the service',
    scripts: {
      postinst: ['42f5cd33a861a76c99c5f4dd64d67690d4acae5586105359592affa7022755bc'],
      prerm: ['88e7f3650e20c09bd0493381be86d74b097257353cba03ff4690f86ea5aef369'],
    },
  },
  {
    name: 'nodejs',
    class: 'A',
    reason: 'alternative of js',
    checks: [{ present: 'var/lib/dpkg/alternatives/js' }, { from: '0.6.19~dfsg1-3' }],
    scripts: {
      postinst: ['4cdb62cea610b208415b4747d9673bcab4e68008cce23bbc0a1b6a4ac7b7ef29'],
      prerm: ['03b8281a65cd8ad43b235479386d9cc652d11e9d2b00d0a11459c1a608f8a7df'],
    },
  },
  {
    name: 'openjdk-17-jre-headless',
    class: 'C',
    reason:
      'files of system preferences; alternatives; the key store for Java, made anew of the same authorities',
    checks: [
      { present: 'etc/.java/.systemPrefs/.system.lock' },
      { present: 'etc/.java/.systemPrefs/.systemRootModFile' },
      { present: 'var/lib/dpkg/alternatives/java' },
      { present: 'var/lib/dpkg/alternatives/jpackage' },
      { present: 'var/lib/dpkg/alternatives/keytool' },
      { present: 'var/lib/dpkg/alternatives/rmiregistry' },
      { present: 'var/lib/dpkg/alternatives/jexec' },
      { present: 'etc/ssl/certs/java/cacerts' },
      { absent: 'usr/sbin/update-binfmts' },
    ],
    scripts: {
      postinst: ['4f71e355e744c65838ce46c22e274ba97d9b7068eac5ed52895d9d45dc81e9eb'],
      prerm: ['8a3755bf717417a5eb7396ad381bdcb33226765e8e3f715262911050da3bd32b'],
      postrm: ['aa0caaf026c8b1359e1ad811f9328ea072e1ec1cd332136b804f87949373727c'],
    },
  },
];
