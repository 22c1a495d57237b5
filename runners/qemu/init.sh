#!/bin/busybox sh
# PID 1 of the guest until the agent takes over. Its first act is the T4 mark on the console; then drivers,
# the root (the image read-only under a tmpfs layer, as the containers have it), and the agent on its port.
# The host sends the environment first: a count, then that many NAME=value lines.
echo "mark T4"
B=/bin/busybox
die() {
  echo "tare: init: $*" >&2
  $B poweroff -f
}
$B mount -t proc proc /proc
$B mount -t sysfs sysfs /sys
$B mount -t devtmpfs devtmpfs /dev
root=disk
read -r parameters </proc/cmdline
for parameter in $parameters; do
  case $parameter in tare.root=*) root=${parameter#tare.root=} ;; esac
done
while read -r module; do
  $B insmod "/modules/$module.ko" || die "module $module cannot be inserted"
done </modules/order

if [ "$root" = disk ]; then
  tries=0
  until [ -b /dev/vda ]; do
    tries=$((tries + 1))
    [ $tries -gt 200 ] && die "no disk"
    $B usleep 10000
  done
  $B mount -t ext4 -o ro /dev/vda /disk || die "the disk cannot be mounted"
  $B mount -t tmpfs tmpfs /scratch
  $B mkdir /scratch/upper /scratch/work
  $B mount -t overlay -o lowerdir=/disk,upperdir=/scratch/upper,workdir=/scratch/work overlay /root ||
    die "the writable layer cannot be mounted"
  new=/root
else
  new=/image
fi
$B mount -t tmpfs -o mode=755 tmpfs $new/.tare
$B cp /tare/agent.sh /tare/manifest $new/.tare/
$B mkdir $new/.tare/scratch
$B ip link set lo up

for name in /sys/class/virtio-ports/*/name; do
  read -r text <"$name" 2>/dev/null || continue
  [ "$text" = tare.agent ] && port=${name%/name} && port=/dev/${port##*/}
done
[ -n "$port" ] || die "no agent port"
exec 5>&1 <>"$port" >&0 || die "the agent port cannot be opened"
read -r count
while [ "${count:-0}" -gt 0 ]; do
  IFS= read -r line
  export "$line"
  count=$((count - 1))
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
export TARE_BUSYBOX=/usr/bin/busybox TARE_BESIDE=/.tare TARE_SCRATCH=/.tare/scratch TARE_MODE=vm
$B mount --move /dev $new/dev
$B mount --move /proc $new/proc
$B mount --move /sys $new/sys
if [ "$root" = disk ]; then
  exec $B switch_root /root /usr/bin/busybox sh /.tare/agent.sh 2>&5 5>&-
fi
exec $B chroot /image /usr/bin/busybox sh /.tare/agent.sh 2>&5 5>&-
