import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 12. */
export const DEBIAN_12_B: readonly ReviewedPackage[] = [
  {
    name: 'libglib2.0-0',
    class: 'C',
    reason: 'compiled schemas and the cache of modules, made anew of what they are made of',
    checks: [{ present: 'usr/lib/x86_64-linux-gnu/gio/modules' }, { absent: 'usr/lib/gio/modules' }],
    scripts: {
      postinst: ['c62b6796aa136b25198ef8179bd78a35c44351a83d48c7d23b09374ec2720e12'],
      postrm: ['69e26e611ec129fe14005dfa41b42f7b0969abeb02085392c3b9621b42aec325'],
    },
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
    scripts: {
      prerm: [
        'ca54be67c2ab3ebfead635e860f856ebd688569ebab0c541fe5d67ce57843d05',
        'cfb777920e6441763d35112dd24aa31f3ee2b614c0795eacca31afef21f7bd50',
      ],
    },
  },
  {
    name: 'login',
    class: 'V',
    reason: 'an obsolete conffile; files for subordinate ids',
    checks: [{ present: 'etc/subuid' }, { present: 'etc/subgid' }],
    scripts: { postinst: ['b8768a6b67a88b8011020854aafa230361158411c589afa3e38dac9676dae5ff'] },
  },
  {
    name: 'libnginx-mod-http-echo',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-http-echo.conf.removed' }],
    scripts: {
      postinst: ['76e44fc2481cad04615b1bd0fb5f1576b7b65cc2f22b3a8ff394402efe0a54c2'],
      prerm: ['475571cc1b13979fbf402781197383eca06fe5f04b8a00d12e5d518d40921b3e'],
      postrm: ['1aa39b30f2fb1adeda6ea18925de002cbfc670abf14236ebc4938ae89535c6b9'],
    },
  },
  {
    name: 'libnginx-mod-http-geoip',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-http-geoip.conf.removed' }],
    scripts: {
      postinst: ['7b3bf34d435cc90e70253536905f7c37ecaf1bab7bb1886720f02d9e1a6c9634'],
      prerm: ['e0ed0c84561e7a84a1a32f58562ccb26a20296075d173348fcc4f6d8fd8ccc0c'],
      postrm: ['4b0392075c149a7f5ef18ca9caa1e534908307d1edf139ef1f851440ae6885bd'],
    },
  },
  {
    name: 'libnginx-mod-http-image-filter',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-http-image-filter.conf.removed' }],
    scripts: {
      postinst: ['b574effbd2c79e1be074e438c1e7c5615a0789a4661d4a75145700de60daca76'],
      prerm: ['82dc715f51b755c44ee98e6b5ea2694c2bd8fe71a05472b64047500be10548cb'],
      postrm: ['72d743e785bda38365b3d090b07547e041a58ac5ecb253ceff91a6fc218eee3a'],
    },
  },
  {
    name: 'libnginx-mod-http-xslt-filter',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/50-mod-http-xslt-filter.conf.removed' }],
    scripts: {
      postinst: ['f563f7bdec79d3ee476be4f41e43cc716956f2a0c64cbec0681505583e8a094b'],
      prerm: ['3087694f3c2792d78f392f0641bb94f6199e408e326e7019702f3b45a3e33100'],
      postrm: ['9712d1c1bfeaa162c33275b49959aa162dda767dab4e9ab6eefa8572445864ab'],
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
    name: 'libnginx-mod-stream-geoip',
    class: 'A',
    reason: 'link of the module on a first installation; asks nginx to reload',
    checks: [{ absent: 'etc/nginx/modules-enabled/70-mod-stream-geoip.conf.removed' }],
    scripts: {
      postinst: ['77c39a6d16b2963d1654763bbca7aab20836732eed82dd605b7c8626ef79cb81'],
      prerm: ['fef6e9c8d2252db2f7d808bc71826889a4f7ac96011049bc4fc3cf962a0255ef'],
      postrm: ['aa23c3e6ee3432d6200ea0477214fefbe37937d99841b8f3dfb507d5c33e2af3'],
    },
  },
  {
    name: 'mariadb-client',
    class: 'N',
    reason: 'menus, where there are any',
    checks: [{ absent: 'usr/bin/update-menus' }],
    scripts: {
      postinst: ['2f2dd41f8113630ddbffb73822b741453f794142ca446bd445f6ec7efb64e19d'],
      postrm: ['cfad2a9ec74e645345656c99fc6371a9c2b54d90416a9dc88f44a54453ab3ab1'],
    },
  },
  {
    name: 'mariadb-common',
    class: 'A',
    reason: 'alternative of my.cnf',
    checks: [{ from: '10.0.20-3' }, { present: 'var/lib/dpkg/alternatives/my.cnf' }],
    scripts: {
      preinst: ['0e96d6211e5effc3215da8a9131377e11fe67b82e0910adeffadbcf16888eeed'],
      postinst: ['13abecc83452c8ecb12a962f7b3459dbc0f50a5f88a27ccd96b5370c37e641c0'],
      postrm: ['66ef79336d7b74132eb2a1ace9e51649723e4861ada3954cb5b0e3e2c5a989ee'],
    },
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
    name: 'mercurial',
    class: 'E',
    reason: 'its settings, which stay',
    checks: [{ unchanged: 'usr/share/mercurial/hgext.rc' }],
    scripts: {
      postinst: ['9f1a801578a533229294363adee675806a51e1660d790da58568f16a1ca85e98'],
      postrm: ['5751b55bf724bb8b56c037a7f32fa6a3db7ebb77836645d58528911b0940c182'],
    },
  },
  {
    name: 'mercurial-common',
    class: 'V',
    reason: 'bytecode; settings that were moved before 4.7.2',
    checks: [{ from: '4.7.2-1' }],
    scripts: { postinst: ['b02bb1e6cf3d09e4dc0406ccf2da588e74de0e7c89f55f5d7c7b0398661f4ced'] },
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
    name: 'nodejs',
    class: 'A',
    reason: 'alternative of js',
    checks: [{ present: 'var/lib/dpkg/alternatives/js' }],
    scripts: {
      postinst: ['a82d4f58564c9f4ca840c5ecccc78e70011a4f4405379d6b7f6af2b7299dc5d6'],
      prerm: ['03b8281a65cd8ad43b235479386d9cc652d11e9d2b00d0a11459c1a608f8a7df'],
    },
  },
  {
    name: 'openssh-client',
    class: 'M',
    reason: 'group and mode of ssh-agent; a group and alternatives of old releases',
    checks: [{ from: '1:9.1p1-1' }, { group: '_ssh' }],
    scripts: {
      postinst: ['f453661d900a67f6a7c359c8025e2c2672686d1ff1fd5d08d95c0e0c6f7bf507'],
      postrm: ['09b61429e8348c1ee99a80cb11016bebbd15ac33865e5fb9047f8e1946390899'],
    },
  },
];
