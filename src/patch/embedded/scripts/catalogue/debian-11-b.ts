import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 11. */
export const DEBIAN_11_B: readonly ReviewedPackage[] = [
  {
    name: 'passwd',
    class: 'V',
    reason: 'an obsolete conffile; modes of logs of old installers; the group shadow',
    checks: [{ from: '1:4.7-2' }, { absent: 'etc/pam.d/passwd.pre-upgrade' }, { group: 'shadow' }],
    scripts: {
      preinst: ['c75b857ce264814bab9243602438266fa4a97ed3b57db5e7f32b47bdb7286bdd'],
      postinst: ['a3122cba00ba8b6bbc2cb45e409476a896f70851945a5717459c56b89db8e56d'],
    },
  },
  {
    name: 'perl',
    class: 'A',
    reason: 'removes an alternative that no longer exists; tells of a new release',
    checks: [{ absent: 'var/lib/dpkg/alternatives/rename' }, { from: '5.32.0' }],
    scripts: { postinst: ['ae83aa4390099dccde5d6dca70a60045d2c779b77a52393f8b1acddd6f0e3d7c'] },
  },
  {
    name: 'python3.9',
    class: 'C',
    reason: 'bytecode',
    scripts: {
      postinst: ['d7ab918412502f413cc397e71a878c212d98d1d2c6f4e596e5d57b711fcca705'],
      prerm: ['88483f6c708e3545b6933683ccd54c43a59837a77f46f52bda4e51c17de93a12'],
    },
  },
  {
    name: 'python3.9-minimal',
    class: 'C',
    reason: 'bytecode; folders for local modules',
    checks: [
      { present: 'usr/local/lib/python3.9/dist-packages' },
      { present: 'etc/python3.9/sitecustomize.py' },
    ],
    scripts: {
      preinst: ['1e6f70793e60c2f3b9bab287eb5dcb51b357aea1c68075d9cfbf31037e6d2588'],
      postinst: ['8556953825910fdf5f54890c0360ce45f13647130d7a05e0b983f39210157583'],
      prerm: ['215378f3b115dd0e76cbb72f29a650d6df0b161e299144f1047d446ce779ea25'],
      postrm: ['0abe69d4028f1836a6593de02cca75371fea55c30e8a26ac3809204998f4641f'],
    },
  },
  {
    name: 'python3.9-venv',
    class: 'C',
    reason: 'bytecode',
    scripts: {
      postinst: ['addb886f21c179f09d37ec2bd3fd987f2cd93dced1484b3a80ac02455e2fc5fd'],
      prerm: ['b809236f3d1eef9c125773b99b95ef93c46a00799c43d3bb57f44b09834fbfe5'],
      postrm: ['a5a74043afe79988d4f5a64e96d9549e5ea9596c25ac9c0d793590fb51f16585'],
    },
  },
  {
    name: 'tzdata',
    class: 'K',
    reason: 'the time zone stays as it is',
    scripts: {
      postinst: ['43196fb6e36df82a137d74b0cf988a68774cb4cea3ac491d00a7cdcad4e7dba8'],
      postrm: ['159f6b4c41f7cef953afa29d02897092cc8ddb27e541cb562c0ef25ae188f9af'],
    },
  },
  {
    name: 'util-linux',
    class: 'S',
    reason: 'alternative of pager; links of the init script; timer of systemd',
    checks: [{ present: 'var/lib/dpkg/alternatives/pager' }],
    scripts: {
      postinst: ['01bf2abdffc4d2b3c94910edbe99d84468a89d863c5e22958762d8d9758bdf32'],
      prerm: ['81d52075e34becfd855de4b8f76c43b30f465ef96b498a8188ce8ed571dbbeed'],
      postrm: ['7ce25aa925787c15e4a84efa6d97ae585fd721255dda647d0cbb50603db8047a'],
    },
  },
];
