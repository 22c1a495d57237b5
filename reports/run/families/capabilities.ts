/** Linux capabilities by the bit that stands for them in /proc/PID/status. */

const names = `
chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot
sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease
audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read
perfmon bpf checkpoint_restore
`
  .trim()
  .split(/\s+/);

/** How many this list knows. */
export const knownCapabilities = names.length;

/** Names in a hexadecimal mask such as `00000000a00425fb`; a bit without a name is called by its number. */
export function capabilitiesIn(mask: string): string[] {
  if (!/^[0-9a-f]+$/i.test(mask)) return [];
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => names[bit] ?? `capability ${bit}`);
}
