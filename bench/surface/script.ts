/**
 * What is done inside: a shell script for the busybox that every instance has beside its image. It prints
 * one fact per line, "key value"; each is found by doing (reading, opening, making), never from a list of
 * what ought to be. Files are opened for writing and closed again: nothing is written, nothing truncated.
 * The checker travels in the script, so that the image is used as it is.
 */
import { buildChecker } from './checker.ts';
import { buildMarker } from './marker.ts';

/** First line of the script of the examined instance; fakes know it by that. */
const examineTitle = '# tare surface: examine';
/** First line of the script of its neighbour. */
const markTitle = '# tare surface: mark';

const base64 = (program: Uint8Array): string => Buffer.from(program).toString('base64');

/** Leaves a marker in the neighbour and prints where its file is. */
export function markScript(name: string): string {
  return `${markTitle}
B=$TARE_BUSYBOX
case $("$B" uname -m) in
  x86_64)
    echo ${base64(buildMarker(name))} | "$B" base64 -d >"$TARE_SCRATCH/${name}"
    "$B" chmod 755 "$TARE_SCRATCH/${name}"
    "$TARE_SCRATCH/${name}" && echo "socket yes"
    ;;
  *) : >"$TARE_SCRATCH/${name}"; echo "socket no" ;;
esac
echo "file $TARE_SCRATCH/${name}"
`;
}

/**
 * Prints the facts of the instance it runs in.
 * @param name of the neighbour's marker
 * @param file where the neighbour has it
 */
export function examineScript(name: string, file: string): string {
  return `${examineTitle}
B=$TARE_BUSYBOX
cd "$TARE_SCRATCH" || exit 1
first() { "$B" head -n 1 "$1" 2>/dev/null; }
opens() { { true >>"$1"; } 2>/dev/null; }
echo "kernel.release $("$B" uname -r)"
echo "kernel.machine $("$B" uname -m)"
echo "kernel.boot-id $(first /proc/sys/kernel/random/boot_id)"
for key in CapEff CapBnd Seccomp Seccomp_filters NoNewPrivs; do
  echo "process.$key $("$B" awk -v key="$key:" '$1 == key { print $2 }' /proc/self/status)"
done
echo "process.uid-map $("$B" awk '{ printf "%s%s %s %s", sep, $1, $2, $3; sep = "; " }' /proc/self/uid_map)"
echo "memory.total $("$B" awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)"
echo "cpus.online $("$B" grep -c '^processor' /proc/cpuinfo)"
echo "cpus.usable $("$B" nproc)"
echo "uptime $("$B" cut -d ' ' -f 1 /proc/uptime)"
echo "load $("$B" cut -d ' ' -f 1-3 /proc/loadavg)"
echo "cmdline $("$B" sha256sum </proc/cmdline | "$B" cut -c 1-16)"
echo "partitions $("$B" awk 'NR > 2 { printf "%s ", $4 }' /proc/partitions)"
echo "read.kallsyms $("$B" head -n 400 /proc/kallsyms 2>/dev/null | "$B" awk '
  $1 !~ /^0+$/ { found = 1 } END { print NR == 0 ? "refused" : found ? "addresses" : "zeros" }')"
if "$B" dmesg >/dev/null 2>&1; then echo "read.dmesg yes"; else echo "read.dmesg refused"; fi
if [ -e /proc/kcore ]; then
  echo "read.kcore $("$B" head -c 4 /proc/kcore 2>/dev/null | "$B" grep -q ELF && echo yes || echo refused)"
else echo "read.kcore absent"; fi
echo "read.firmware $("$B" ls /sys/firmware 2>/dev/null | "$B" wc -l)"
count() {
  tried=0 opened=0 some=''
  while IFS= read -r path; do
    tried=$((tried + 1))
    if opens "$path"; then
      opened=$((opened + 1))
      if [ $opened -le 3 ]; then some="$some $path"; fi
    fi
  done
  echo "$opened of $tried$some"
}
echo "write.sysctls $("$B" find /proc/sys -xdev -type f -perm -200 2>/dev/null | count)"
echo "write.sysfs $("$B" find /sys -xdev -type f -perm -200 2>/dev/null | count)"
echo "devices $("$B" ls /dev 2>/dev/null | "$B" tr '\\n' ' ')"
disk=$("$B" awk 'NR > 2 { print $1, $2; exit }' /proc/partitions)
if [ -z "$disk" ]; then echo "device.block none seen"
elif ! "$B" mknod block b $disk 2>/dev/null; then echo "device.block mknod refused"
elif { true <block; } 2>/dev/null; then echo "device.block opened"
else echo "device.block made, open refused"; fi
"$B" rm -f block
if "$B" tr '\\0' ' ' </proc/1/cmdline | "$B" grep -q '/agent\\.sh'; then echo "init own"; else echo "init other"; fi
set -- /proc/[0-9]*
echo "processes $#"
seen=no
for process; do
  if read -r comm <"$process/comm" && [ "$comm" = ${name} ]; then seen=yes; fi
done 2>/dev/null
echo "neighbour.process $seen"
if "$B" grep -q '@${name}$' /proc/net/unix 2>/dev/null; then echo "neighbour.socket yes"; else echo "neighbour.socket no"; fi
if [ -e '${file.replaceAll("'", "'\\''")}' ]; then echo "neighbour.file yes"; else echo "neighbour.file no"; fi
if [ "$("$B" uname -m)" = x86_64 ]; then
  echo ${base64(buildChecker())} | "$B" base64 -d >checker
  "$B" chmod 755 checker
  ./checker >answers || { echo "the checker failed" >&2; exit 1; }
  echo "calls $("$B" hexdump -v -e '1/2 "%04x"' answers)"
fi
`;
}
