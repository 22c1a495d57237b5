# The leanest way by hand to the same container that the namespace runner starts: the same namespaces, mounts,
# lost privileges and agent, nothing watched or stamped. Runs in a folder with the links `beside` and `image`.
# Arguments: busybox, bounding set. Says ready and waits for a line, so that starting this shell is not timed.
if [ "$3" = outside ]; then
  # By path: busybox's shell would take its own setpriv, which knows no bounding set.
  setpriv=$(command -v setpriv)
  echo ready >&3
  read -r go
  exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child=SIGKILL --propagation private \
    "$1" sh "$0" "$1" "$2" "$setpriv"
fi
"$1" mount -t tmpfs -o mode=755 tmpfs layer
"$1" mkdir layer/upper layer/work layer/root
"$1" mount -a -T fstab
"$1" ip link set lo up
"$1" hostname tare
cd layer/root || exit 1
"$1" mount --move . /
exec "$3" --no-new-privs --inh-caps=-all --bounding-set="$2" chroot . /.tare/busybox sh /.tare/agent.sh
