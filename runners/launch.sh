# Launch protocol, the same for containers and VMs: join the instance's groups and CPUs, report, wait
# for one line, say "mark T1", become the program. So neither the join (20 ms after a pause: the kernel
# waits for RCU) nor the spawning of this shell lies inside the timed window.
# An argv of `.`, a script and its arguments is no other program: this shell continues with that script.
# Arguments: CPU list or "-", "channel" or "null" (what becomes stdin/stdout), N, N cgroup.procs files, argv.
# Descriptors: 3 control, 4 and up the channels.
cpus=$1 stdio=$2 left=$3
shift 3
while [ "$left" -gt 0 ]; do
  echo 0 >"$1" || { echo "cannot join $1" >&2; exit 125; }
  shift
  left=$((left - 1))
done
if [ "$cpus" != - ]; then taskset -pc "$cpus" $$ >/dev/null || exit 125; fi
echo ready >&3
read -r go <&3 || exit 125
echo "mark T1" >&3
if [ "$stdio" = channel ]; then exec <&4 >&4 4>&-; fi
if [ "$1" = . ]; then
  script=$2
  shift 2
  . "$script"
fi
exec "$@"
