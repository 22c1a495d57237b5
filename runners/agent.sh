# The agent: the same script inside every instance, run by the image's own static busybox.
# It speaks a line protocol on stdin/stdout, so that both sides of a comparison start programs,
# time them and return their output in the same way.
#
# host -> agent                                          agent -> host
#   hello                                                  mark T5   (printed by a program of its own)
#   ping ID                                                mark T6 (first time), pong ID
#   serve KIND PORT NARG WHO, then first, second, input, argv lines
#     WHO is `inside`: the agent finds out when it is ready       mark T5, mark T6, served HOW TICKS (see serve)
#     WHO is `outside`: the host does, and says so: seen          mark T5, served outside 0
#                       or, where it cannot: look                 as `inside`
#                                                                 (or: failed serve TEXT, failed health TEXT)
#   stop SIGNAL GRACE (number, seconds)                    stopped HOW STATUS (HOW: ended, killed, before)
#   run ID TIMEOUT NENV NARG, then NENV + NARG lines       begin ID
#                                                          ended ID (the program is over; its output follows)
#                                                          end ID STATUS OOM OUTBYTES ERRBYTES, bytes, newline
#   prove ID N, then N paths (0: every file)               proof ID DIGEST CHECKED NBAD, then NBAD paths
#   quit                                                   (ends)
#
# Lines after a header are arguments: a backslash is sent as two, a newline as backslash-n.
#
# Environment: TARE_PATH (PATH of programs inside), TARE_BUSYBOX (path of busybox), TARE_BESIDE (folder
# holding `manifest`), TARE_SCRATCH (writable folder), TARE_MODE (container | vm | process); for `process`
# also TARE_ROOT, TARE_LOADER and TARE_LIBRARIES: the image's programs run on the host through the image's
# own loader and libraries.
#
# With the arguments `ask KIND PORT FIRST SECOND` this is no agent: it looks at a service once for each line it reads
# and answers yes or no. So does the host, from outside, in the network namespace of an instance.
set -f
# Set apart from PATH, which finds the host's tools until the agent runs.
if [ -n "$TARE_PATH" ]; then PATH=$TARE_PATH; unset TARE_PATH; fi
B=$TARE_BUSYBOX
T=$TARE_SCRATCH
within=''
service=''
if [ "$1" != ask ]; then
  cd "$T" || exit 1
  echo "mark T4"
  # Folders that an image from elsewhere names and has not: made as the engines do, through its own links.
  if [ -f "$TARE_BESIDE/folders" ]; then (umask 022; . "$TARE_BESIDE/folders"); fi
fi

oom_kills() {
  if [ "$TARE_MODE" = vm ]; then
    while read -r key value; do
      [ "$key" = oom_kill ] && echo "$value" && return
    done </proc/vmstat
  fi
  echo 0
}

# Replaces the shell by a program, within the limit in seconds where one is set. busybox `timeout` becomes
# the program itself (its watcher is a sibling), so nothing stands between the agent and what is measured.
replace() {
  if [ -n "$within" ]; then exec "$B" timeout -s KILL "$within" "$@"; fi
  exec "$@"
}

# Replaces the shell by a program of the image.
become() {
  program=$1
  if [ "$program" = busybox ]; then shift; replace "$B" "$@"; fi
  if [ -z "$TARE_LOADER" ]; then replace "$@"; fi
  for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
    case $program in /*) folder='' file=$program ;; *) file=$folder/$program ;; esac
    if [ "$TARE_ROOT$file" -ef "$B" ]; then shift; replace "$B" "${program##*/}" "$@"; fi
    if [ -x "$TARE_ROOT$file" ]; then
      shift
      replace "$TARE_LOADER" --library-path "$TARE_LIBRARIES" --argv0 "$program" "$TARE_ROOT$file" "$@"
    fi
  done
  echo "$program: not found in the image" >&2
  exit 127
}

# Reads N lines into the positional parameters and runs a function with them. The dot keeps `$()` from
# eating newlines at the end of an argument.
with_lines() {
  left=$1 then=$2
  shift 2
  while [ "$left" -gt 0 ]; do
    IFS= read -r line || exit 1
    case $line in *\\*) line=$(printf '%b.' "$line") && line=${line%.} ;; esac
    set -- "$@" "$line"
    left=$((left - 1))
  done
  "$then" "$@"
}

# Limit, environment and argv to a program.
run_program() { # NENV LIMIT env... argv...
  nenv=$1 within=$2
  shift 2
  while [ "$nenv" -gt 0 ]; do
    export "$1"
    shift
    nenv=$((nenv - 1))
  done
  become "$@"
}

run() { # ID LIMIT NENV lines...
  id=$1 limit=$2 nenv=$3
  shift 3
  before=$(oom_kills)
  echo "begin $id"
  (run_program "$nenv" "$limit" "$@") </dev/null >"$T/out" 2>"$T/err"
  status=$?
  echo "ended $id"
  set -- $("$B" wc -c <"$T/out") $("$B" wc -c <"$T/err")
  echo "end $id $status $(($(oom_kills) - before)) $1 $2"
  "$B" cat "$T/out" "$T/err"
  echo
}

# Whether a socket listens on the port, on whatever address.
listening() { # PORT
  hex=$(printf '%04X' "$1")
  for table in /proc/net/tcp /proc/net/tcp6; do
    [ -r "$table" ] || continue
    while read -r _ place _ state _; do
      case $place:$state in *:"$hex":0A) return 0 ;; esac
    done <"$table"
  done
  return 1
}

# Seconds since the kernel started, whole, without a program: in $up.
uptime() {
  read -r up _ </proc/uptime
  up=${up%.*}
}

# Whether the service answers as it should.
answers() { # KIND PORT FIRST SECOND
  # nc fails on a server that keeps the connection open, so only the reply counts.
  reply=$(printf '%s' "$3" | "$B" nc -w 1 127.0.0.1 "$2" 2>/dev/null)
  case $1:$reply in reply:*"$4"* | http:HTTP/1.?" $4"*) return 0 ;; esac
  return 1
}

# Whether the service has printed the text, looking only at what is new on descriptor 8.
said() { # TEXT
  while IFS= read -r line <&8; do
    case $part$line in *"$1"*) return 0 ;; esac
    part=''
  done
  part=$part$line
  case $part in *"$1"*) return 0 ;; esac
  return 1
}

# Whether the service is ready, looked at once.
ready() { # KIND PORT FIRST SECOND
  case $1 in
    reply | http) answers "$@" ;;
    tcp) listening "$2" ;;
    line) said "$3" ;;
    # FIRST is argv, quoted for a shell; SECOND begins with its limit in seconds.
    check) (eval "run_program 0 ${4%% *} $3") </dev/null >"$T/check.out" 2>&1 ;;
  esac
}

# Whether the service still runs: its own end, if nobody has waited for it yet, is a zombie here.
alive() {
  state=') Z'
  read -r state 2>/dev/null <"/proc/$service/stat"
  case ${state##*) } in Z*) return 1 ;; esac
}

# CPU time that this shell and the programs it has waited for have used, in ticks of 10 ms: in $ticks.
cpu_ticks() {
  read -r stat </proc/self/stat
  set -- ${stat##*) }
  shift 11
  ticks=$(($1 + $2 + $3 + $4))
}

# Rests without a program: nothing comes on stdin meanwhile.
nap() { # MICROSECONDS
  micro=000000$1
  IFS= read -r -t "$(($1 / 1000000)).${micro#"${micro%??????}"}" line
}

# Waits for the host's word on what it sees from outside, and now and then for the end of the service.
told() {
  uptime
  while since=$up; ! IFS= read -r -t 2 word; do
    uptime
    # No time has passed: the host has gone, and its end of the channel.
    if [ "$up" = "$since" ]; then
      kill -9 "$service"
      exit 1
    fi
    alive || return 1
  done
}

# The kernel tells when something listens on the port: nothing has to look. Only in a machine of its own, whose
# kernel nobody else traces.
tracing=/sys/kernel/tracing
listens=$tracing/events/sock/inet_sock_set_state
hear() { # PORT
  [ "$TARE_MODE" = vm ] && "$B" mount -t tracefs tracefs "$tracing" 2>/dev/null || return 1
  # Its size first: with the event on, the buffer would take its usual 1.4 MiB for each CPU. State 10 is TCP_LISTEN.
  if {
    echo 8 >"$tracing/buffer_size_kb"
    echo "newstate == 10 && sport == $1" >"$listens/filter"
    echo 1 >"$listens/enable"
  } 2>/dev/null; then return 0; fi
  "$B" umount "$tracing"
  return 1
}
# Waits for that, and now and then for the end of the service.
heard() {
  while alive; do
    "$B" timeout -s KILL 5 "$B" head -n 1 "$tracing/trace_pipe" >"$T/heard" 2>/dev/null
    if [ -s "$T/heard" ]; then return 0; fi
  done
  return 1
}
unhear() {
  echo 0 >"$listens/enable"
  "$B" umount "$tracing"
}

# Starts a service and says when it is ready. HOW that was found out: `outside` by the host, `end` by its own end,
# `event` from the kernel, `look` by looking, whose CPU time is TICKS.
serve() { # KIND PORT WHO first second input argv...
  kind=$1 port=$2 who=$3 first=$4 second=$5
  printf '%s' "$6" >"$T/service.in"
  shift 6
  # Its own user may open what it writes to by name, as /dev/stdout.
  : >"$T/service.out"
  [ "$kind" = reply ] || "$B" chmod 666 "$T/service.out"
  how=look
  case $who:$kind in inside:tcp | inside:reply | inside:http) if hear "$port"; then how=event; fi ;; esac
  (echo "mark T5"; become "$@" <"$T/service.in" >"$T/service.out" 2>&1) &
  service=$!
  if [ "$kind" = exit ]; then
    wait "$service"
    status=$?
    service=''
    if [ "$status" = 0 ]; then echo "mark T6"; echo served end 0; return; fi
    echo "failed serve status $status: $("$B" tail -n 1 "$T/service.out")"
    return
  fi
  if [ "$who" = outside ]; then
    if ! told; then
      not_served
      return
    fi
    if [ "$word" != look ]; then
      echo served outside 0
      return
    fi
  fi
  pause=1000 patience='' part=''
  cpu_ticks
  before=$ticks
  [ "$kind" = line ] && exec 8<"$T/service.out"
  if [ "$kind" = check ]; then
    # Microseconds before the first look and between two, and seconds of failing that are too many, or "-".
    rest=${second#* } patience=${second##* }
    delay=${rest%% *} rest=${rest#* }
    pause=${rest%% *}
    uptime
    begun=$up
    if [ "$delay" != 0 ]; then nap "$delay"; fi
  fi
  [ "$how" = event ] && heard
  served=''
  while alive; do
    if [ "$how:$kind" = event:tcp ] || ready "$kind" "$port" "$first" "$second"; then
      echo "mark T6"
      served=yes
      break
    fi
    if [ -n "${patience#-}" ]; then
      uptime
      if [ $((up - begun)) -gt "$patience" ]; then
        echo "failed health $("$B" tail -n 1 "$T/check.out")"
        return
      fi
    fi
    nap "$pause"
    # Each rest is a 32nd longer: the looks stay few, and the instant is late by 3 % of the wait at most.
    [ "$kind" = check ] || pause=$((pause + pause / 32))
  done
  cpu_ticks
  [ "$kind" = line ] && exec 8<&-
  [ "$how" = event ] && unhear
  if [ -z "$served" ]; then not_served; else echo "served $how $((ticks - before))"; fi
}

not_served() {
  echo "failed serve $("$B" tail -n 1 "$T/service.out")"
}

# Asks the service to end as a container engine does: a signal to its main program, which SIGKILL follows.
stop() { # SIGNAL GRACE
  if alive; then how=ended; else how=before; fi
  if [ "$how" = ended ]; then
    kill "-$1" "$service"
    (
      sleeper=''
      trap '[ -z "$sleeper" ] || kill "$sleeper"; exit' TERM
      "$B" sleep "$2" &
      sleeper=$!
      wait "$sleeper"
      : >"$T/overdue"
      kill -9 "$service"
    ) 2>/dev/null &
    timer=$!
  fi
  wait "$service"
  status=$?
  if [ "$how" = ended ]; then kill "$timer" 2>/dev/null; fi
  if [ -e "$T/overdue" ]; then how=killed; fi
  service=''
  echo "stopped $how $status"
}

prove() { # ID paths...
  id=$1
  shift
  set -- "$id" "$@"
  digest=$("$B" sha256sum <"$TARE_BESIDE/manifest")
  : >"$T/want"
  shift
  for path in "$@"; do printf '%s\n' "$path"; done >"$T/want"
  # Paths come by the environment: awk would read backslashes in -v, and a path is no pattern.
  TARE_WANT=$T/want "$B" awk '
    BEGIN {
      root = ENVIRON["TARE_ROOT"]
      while ((getline path < ENVIRON["TARE_WANT"]) > 0) { wanted[path]; some = 1 }
    }
    $1 == "f" { path = substr($0, length($1 $2 $3) + 4); seen[path]; if (!some || path in wanted) print $2 "  " root path }
    # Asked for and not in the manifest: no content can be right.
    END { for (path in wanted) if (!(path in seen)) printf "%064d  %s\n", 0, root path }
  ' "$TARE_BESIDE/manifest" >"$T/check"
  "$B" sha256sum -c "$T/check" 2>/dev/null | "$B" awk '
    sub(/: FAILED$/, "") { print substr($0, length(ENVIRON["TARE_ROOT"]) + 1) }
  ' >"$T/bad"
  set -- $("$B" wc -l <"$T/check") $("$B" wc -l <"$T/bad")
  echo "proof $id ${digest%% *} $1 $2"
  "$B" cat "$T/bad"
}

if [ "$1" = ask ]; then
  while read -r line; do
    if ready "$2" "$3" "$4" "$5"; then echo yes; else echo no; fi
  done
  exit 0
fi
answered=''
while IFS=' ' read -r verb a b c d; do
  case $verb in
    hello) "$B" echo "mark T5" ;;
    ping)
      [ -z "$answered" ] && echo "mark T6" && answered=yes
      echo "pong $a"
      ;;
    serve) with_lines $((c + 3)) serve "$a" "$b" "$d" ;;
    run) with_lines $((c + d)) run "$a" "$b" "$c" ;;
    prove) with_lines "$b" prove "$a" ;;
    stop) stop "$a" "$b" ;;
    quit) break ;;
  esac
done
[ -n "$service" ] && kill -9 "$service" 2>/dev/null
if [ "$TARE_MODE" = vm ]; then "$B" poweroff -f; fi
exit 0
