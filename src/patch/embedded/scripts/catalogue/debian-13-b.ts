import type { ReviewedPackage } from '../script-rule.ts';

/** Written by scripts/classify-maintainer-scripts.mjs, from packages of Debian 13. */
export const DEBIAN_13_B: readonly ReviewedPackage[] = [
  {
    name: 'python3.13-minimal',
    class: 'C',
    reason: 'bytecode; folders for local modules',
    checks: [
      { present: 'usr/local/lib/python3.13/dist-packages' },
      { present: 'etc/python3.13/sitecustomize.py' },
    ],
    scripts: {
      preinst: ['c7c90c5ce11bfb0f8e320ccb6999cd63f6d7192af0880d624933a53baa9123ba'],
      postinst: ['d57764c8e9a5ad9ba26297c41c3c9df852d9df60af5bd8eee64f15b71570bef3'],
      prerm: ['216e5614dd06666419fdf6b3cb7dcbf7bbf45aaeec93ea2237c54f9660b428b4'],
      postrm: ['1af0976700a8c5e6b6ae8f2234022cf940b4459d071877c6a44e5ed40d47f31d'],
    },
  },
  {
    name: 'python3.13-venv',
    class: 'C',
    reason: 'bytecode',
    scripts: {
      postinst: ['e7a515f0c08fbfd89f7e3f818114256bd8ee4aae8999b5881dffa5edd61be3ce'],
      prerm: ['fcc62ecdbe0718f06543959cef8bfaa597959d8b03e6430c41c35dc9cf20ccce'],
      postrm: ['a5a74043afe79988d4f5a64e96d9549e5ea9596c25ac9c0d793590fb51f16585'],
    },
  },
  {
    name: 'tzdata',
    class: 'K',
    reason: 'the time zone stays as it is',
    scripts: {
      postinst: ['bdf05467807e8a2531c0a0bac901e70f651d59e4de9cfac6a865f773c3759191'],
      postrm: ['3ad1840daaeda1bf6d092028544ca851b6d234670966fdcfc025eb399a9586e3'],
    },
  },
  {
    name: 'util-linux',
    class: 'S',
    reason: 'alternative of pager; timer of systemd',
    checks: [{ present: 'var/lib/dpkg/alternatives/pager' }],
    scripts: {
      postinst: ['b743bcd9febbc4877c725061572af0bb317b6ebf00d44d9dd4bf36446b6d91f0'],
      prerm: ['a866b228b3530d590887cbdae27e7cf18d5088954e5148e152cef649417243cc'],
      postrm: ['16b99ba6f99d9fbddcda922b9cc57cf7e2d7115ad1136491b3b7954b70d9b5d5'],
    },
  },
];
