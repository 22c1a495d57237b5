# In the namespaces around an OCI runtime: makes the container's root where no other process sees it, then becomes
# the runtime. The launching shell continues with this (launch.sh) in the bundle, which is the instance's folder.
# Arguments: busybox, cgroup2 mount to hide or "-", how it joins a bridge (bridge.sh and its four arguments) or
# nothing, "--", runtime argv. Descriptor 9: the bridge's network namespace. Descriptors: 0 and 1 the channel, 3 control.
B=$1 unified=$2
shift 2
bridge='' peer=''
if [ "$1" != -- ]; then
  bridge=$1 namespace=$3 peer=$4 address=$5
  shift 5
fi
shift
fail() { echo "tare: $*" >&2; exit 1; }
{
  "$B" mount -t tmpfs -o mode=755 tmpfs layer || fail "cannot mount a tmpfs"
  "$B" mkdir layer/upper layer/work layer/root || fail "cannot make the layer"
  "$B" mount -a -T fstab || fail "cannot mount the root"
  if [ "$unified" != - ]; then "$B" umount "$unified" || fail "cannot hide $unified"; fi
  if [ -n "$bridge" ]; then
    "$B" ip link set lo up || fail "cannot bring lo up"
    sh "$bridge" veth "$namespace" "$peer" "$address" || exit 1
  fi
} >&2
exec "$@" 3>&- 9<&-
