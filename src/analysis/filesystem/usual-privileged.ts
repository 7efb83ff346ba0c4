/** Below `bin` and `sbin`, with and without `usr`. */
const SETUID_PROGRAMS = `
  at bbsuid chage chfn chsh crontab doas expiry fusermount fusermount3 gpasswd mount mount.cifs mount.nfs newgidmap
  newgrp newuidmap ntfs-3g pam_timestamp_check passwd ping ping6 pkexec ppp pppd staprun su sudo sudoedit traceroute6
  umount unix_chkpwd unix2_chkpwd userhelper usernetctl vlock-main sg exim4 mtr-packet
`;
const SETGID_PROGRAMS = `
  at bsd-write chage crontab dotlockfile expiry locate lockfile mail-lock mail-touchlock mail-unlock mlocate
  pam_extrausers_chkpwd plocate postdrop postqueue screen ssh-agent unix_chkpwd utempter wall write write.ul netreport
`;

/** Where distributions put setuid programs. */
export const usualSetuid: readonly string[] = [
  ...inBin(SETUID_PROGRAMS),
  'usr/{lib,libexec}/openssh/ssh-keysign',
  'usr/lib/ssh/ssh-keysign',
  'usr/lib/eject/dmcrypt-get-device',
  'usr/{lib,libexec}/dbus-1{,.0}/dbus-daemon-launch-helper',
  'usr/lib/policykit-1/polkit-agent-helper-1',
  'usr/{lib,libexec}/polkit-1/polkit-agent-helper-1',
  'usr/libexec/polkit-agent-helper-1',
  'usr/lib/xorg/Xorg.wrap',
  'usr/libexec/Xorg.wrap',
  'usr/lib/polkit-1/polkit-agent-helper-1',
];

/** Where distributions put setgid programs. */
export const usualSetgid: readonly string[] = [
  ...inBin(SETGID_PROGRAMS),
  'usr/{lib,libexec}/utempter/utempter',
  'usr/lib/x86_64-linux-gnu/utempter/utempter',
  'usr/libexec/openssh/ssh-keysign',
];

function inBin(names: string): string[] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => `{,usr/}{s,}bin/${name}`);
}
