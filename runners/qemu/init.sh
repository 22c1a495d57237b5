#!/bin/busybox sh
# PID 1 of the guest until the agent takes over. Its first act is the T4 mark on the console; then drivers,
# the root (the image read-only under a tmpfs layer, as the containers have it), and the agent on its port.
# Every program costs a fork and an exec, dear under emulation: hence one modprobe, and mounts from tables.
# The host sends the environment first: a count, then that many NAME=value lines.
# TARE_FROM (disk, initramfs) is a kernel parameter: what the kernel does not know becomes our environment.
echo "mark T4"
B=/bin/busybox
die() {
  echo "tare: init: $*" >&2
  $B poweroff -f
}
$B mount -a -T /tables/early || die "the first file systems cannot be mounted"
read -r modules </tables/modules
if [ -n "$modules" ]; then $B modprobe -a $modules || die "a module cannot be inserted: $modules"; fi
$B cp -r /layer/. /scratch/ || die "the writable layer cannot be made"
$B mount -a -T "/tables/$TARE_FROM" || die "the root cannot be mounted"
# By its serial: which letter it got depends on the machine. Only ever with the image on a disk as well.
if [ -n "$TARE_VOLUME" ]; then
  volume=''
  for disk in /root/sys/block/vd*; do
    read -r serial <"$disk/serial"
    [ "$serial" = tare-volume ] && volume=${disk##*/}
  done
  [ -n "$volume" ] || die "no volume"
  if [ "$TARE_VOLUME" = filesystem ]; then
    $B mkdir /root/volume
    $B mount -t ext4 -o nosuid,nodev "/dev/$volume" /root/volume || die "the volume cannot be mounted"
  else
    $B ln -s "$volume" /root/dev/volume || die "the volume cannot be shown"
  fi
fi
$B ip link set lo up
if [ -n "$TARE_ADDRESS" ]; then
  $B ip addr add "$TARE_ADDRESS" dev eth0 && $B ip link set eth0 up || die "the network card cannot be set up"
fi

# The only port has this name; number 0 is kept for a console.
port=/dev/vport0p1
[ -c $port ] || die "no agent port"
exec <>$port >&0
read -r count
while [ "${count:-0}" -gt 0 ]; do
  IFS= read -r line
  export "$line"
  count=$((count - 1))
done
from=$TARE_FROM
root=/root
[ "$from" = disk ] || root=/image
busybox=/usr/bin/busybox
# An image from elsewhere: our busybox lies beside it, and its programs look for these links.
if [ -e /tables/dev ]; then
  busybox=/.tare/busybox
  $B cp -d /tables/dev/* $root/dev/ || die "the links in /dev cannot be made"
fi
unset TARE_FROM TARE_VOLUME TARE_ADDRESS TERM
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
export TARE_BUSYBOX=$busybox TARE_BESIDE=/.tare TARE_SCRATCH=/.tare/scratch TARE_MODE=vm
if [ "$from" = disk ]; then exec $B switch_root /root "$busybox" sh /.tare/agent.sh; fi
exec $B chroot /image "$busybox" sh /.tare/agent.sh
