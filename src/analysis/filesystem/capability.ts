/** By number. @see linux/capability.h */
const NAMES = `
  chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
  net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
  sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
  mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
`
  .trim()
  .split(/\s+/)
  .map((name) => `cap_${name}`);

const REVISIONS: ReadonlyMap<number, number> = new Map([
  [0x01, 1],
  [0x02, 2],
  [0x03, 2],
]);

/**
 * The capabilities that the extended attribute `security.capability` of a program names, whether it gets them at once
 * or only if its user has them; undefined for a value of another shape.
 *
 * @see capabilities(7), "File capability extended attribute versioning"
 */
export function decodeCapabilities(value: Uint8Array): readonly string[] | undefined {
  const words = REVISIONS.get(value[3] ?? 0);
  if (words === undefined || value.length < 4 + 8 * words) return undefined;
  const names: string[] = [];
  for (let word = 0; word < words; word++) {
    for (let bit = 0; bit < 32; bit++) {
      const at = 4 + 8 * word + (bit >> 3);
      const both = (value[at] ?? 0) | (value[at + 4] ?? 0);
      if ((both & (1 << (bit & 7))) !== 0) names.push(NAMES[32 * word + bit] ?? `cap_${32 * word + bit}`);
    }
  }
  return names;
}
