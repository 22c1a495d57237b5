# Joins an instance to tare's bridge, whose network namespace is a file; uses the host's ip and nsenter.
# veth NAMESPACE NAME ADDRESS: run in the container's own namespace, before it gives up its privileges.
# tap NAMESPACE NAME argv...: makes the tap inside the bridge's namespace, then becomes argv there.
what=$1 namespace=$2 name=$3
fail() { echo "tare: $*" >&2; exit 1; }
if [ "$what" = veth ]; then
  ip -batch - <<end || fail "cannot make a veth pair"
link add eth0 type veth peer name $name netns $namespace
addr add $4 dev eth0
link set eth0 up
end
  nsenter --net="$namespace" ip link set "$name" master tare0 up || fail "cannot join the bridge"
  exit 0
fi
shift 3
ip -batch - <<end || fail "cannot make a tap"
tuntap add dev $name mode tap
link set $name master tare0 up
end
exec "$@"
