# First process of the namespaces around an OCI runtime: makes the container's root where no other process
# sees it, then becomes the runtime. Runs in the bundle, which is the instance's folder.
# Arguments: busybox, cgroup2 mount to hide or "-", runtime argv. Descriptors: 0 and 1 the channel, 3 control.
B=$1 unified=$2
shift 2
fail() { echo "tare: $*" >&2; exit 1; }
{
  "$B" mount -t tmpfs -o mode=755 tmpfs layer || fail "cannot mount a tmpfs"
  "$B" mkdir layer/upper layer/work layer/root || fail "cannot make the layer"
  "$B" mount -a -T fstab || fail "cannot mount the root"
  if [ "$unified" != - ]; then "$B" umount "$unified" || fail "cannot hide $unified"; fi
} >&2
exec "$@" 3>&-
