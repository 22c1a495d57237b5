# The leanest way by hand to the same runc container that the oci runner starts: mount the root, `runc run`. The
# mount namespace around it is made beforehand and only keeps the mounts from being left behind.
# Runs in the bundle, with the links `beside` and `image`. Arguments: busybox, container id.
if [ "$3" = outside ]; then
  exec unshare --mount --propagation private sh "$0" "$1" "$2" inside
fi
echo ready >&3
read -r go
"$1" mount -t tmpfs -o mode=755 tmpfs layer
"$1" mkdir layer/upper layer/work layer/root
"$1" mount -t overlay -o lowerdir=beside:image,upperdir=layer/upper,workdir=layer/work overlay layer/root
exec runc --root state run --bundle . "$2"
