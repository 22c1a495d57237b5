# First process of the instance's namespaces: makes the root, moves into it, drops what a container has
# not, becomes the agent. Runs in the instance's folder. Tools are the image's own static busybox (0.5 ms
# each, where the host's dynamic ones take 1.3), but for setpriv; all mounts of the root are one call.
# Arguments: busybox, bounding set, place of the volume or "", how it is networked: nothing (loopback alone),
# "host", or bridge.sh and its arguments. Descriptors: 0 and 1 the agent's channel, 3 control.
B=$1 bounding=$2 volume=$3
if [ $# -ge 3 ]; then shift 3; else set --; fi
fail() { echo "tare: $*" >&2; exit 1; }
{
  "$B" mount -t tmpfs -o "mode=755" tmpfs layer || fail "cannot mount a tmpfs"
  "$B" mkdir layer/upper layer/work layer/root || fail "cannot make the layer"
  # A mount point of its own in the upper layer: without a volume, nothing of one shows inside.
  case $volume in
    '') ;;
    /dev/*) "$B" mkdir layer/upper/dev && : >"layer/upper$volume" || fail "cannot make $volume" ;;
    *) "$B" mkdir "layer/upper$volume" || fail "cannot make $volume" ;;
  esac
  "$B" mount -a -T fstab || fail "cannot mount the root"
  if [ "$1" != host ]; then "$B" ip link set lo up || fail "cannot bring lo up"; fi
  case $1 in */bridge.sh) sh "$@" || exit 1 ;; esac
  "$B" hostname tare
  cd layer/root || fail "no root"
} >&2
echo "mark T2" >&3
# Moved over the old root and entered, as switch_root does: the old root is covered, not just left, so a
# second chroot cannot climb out. pivot_root would put the host's setpriv out of reach, and busybox's cannot
# drop the bounding set.
"$B" mount --move . / >&2 || fail "cannot move the root"
exec setpriv --no-new-privs --inh-caps=-all --bounding-set="$bounding" \
  "$B" chroot . /.tare/busybox sh /.tare/agent.sh 3>&-
