# The agent: the same script inside every instance, run by the image's own static busybox.
# It speaks a line protocol on stdin/stdout, so that both sides of a comparison start programs,
# time them and return their output in the same way.
#
# host -> agent                                          agent -> host
#   hello                                                  mark T5   (printed by a program of its own)
#   ping ID                                                mark T6 (first time), pong ID
#   serve KIND PORT NARG, then first, second, input, argv lines   mark T5, mark T6, served (or: failed serve TEXT,
#                                                                                        failed health TEXT)
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
set -f
# Set apart from PATH, which finds the host's tools until the agent runs.
if [ -n "$TARE_PATH" ]; then PATH=$TARE_PATH; unset TARE_PATH; fi
B=$TARE_BUSYBOX
T=$TARE_SCRATCH
within=''
service=''
cd "$T" || exit 1
echo "mark T4"
# Folders that an image from elsewhere names and has not: made as the engines do, through its own links.
if [ -f "$TARE_BESIDE/folders" ]; then (umask 022; . "$TARE_BESIDE/folders"); fi

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

# Whether the service is ready, looked at once.
ready() { # KIND PORT FIRST SECOND
  case $1 in
    reply | http)
      # nc fails on a server that keeps the connection open, so only the reply counts.
      reply=$(printf '%s' "$3" | "$B" nc -w 1 127.0.0.1 "$2" 2>/dev/null)
      case $1:$reply in reply:*"$4"* | http:HTTP/1.?" $4"*) return 0 ;; esac
      return 1
      ;;
    tcp) listening "$2" ;;
    line) "$B" grep -qF -e "$3" "$T/service.out" ;;
    # FIRST is argv, quoted for a shell; SECOND begins with its limit in seconds.
    check) (eval "run_program 0 ${4%% *} $3") </dev/null >"$T/check.out" 2>&1 ;;
  esac
}

serve() { # KIND PORT first second input argv...
  kind=$1 port=$2 first=$3 second=$4
  printf '%s' "$5" >"$T/service.in"
  shift 5
  # Its own user may open what it writes to by name, as /dev/stdout.
  : >"$T/service.out"
  [ "$kind" = reply ] || "$B" chmod 666 "$T/service.out"
  (echo "mark T5"; become "$@" <"$T/service.in" >"$T/service.out" 2>&1) &
  service=$!
  if [ "$kind" = exit ]; then
    wait "$service"
    status=$?
    service=''
    if [ "$status" = 0 ]; then echo "mark T6"; echo served; return; fi
    echo "failed serve status $status: $("$B" tail -n 1 "$T/service.out")"
    return
  fi
  every=1000 patience=''
  if [ "$kind" = check ]; then
    # Microseconds before the first look and between two, and seconds of failing that are too many, or "-".
    rest=${second#* } patience=${second##* }
    delay=${rest%% *} rest=${rest#* }
    every=${rest%% *}
    uptime
    begun=$up
    if [ "$delay" != 0 ]; then "$B" usleep "$delay"; fi
  fi
  while kill -0 "$service" 2>/dev/null; do
    if ready "$kind" "$port" "$first" "$second"; then echo "mark T6"; echo served; return; fi
    if [ -n "${patience#-}" ]; then
      uptime
      if [ $((up - begun)) -gt "$patience" ]; then
        echo "failed health $("$B" tail -n 1 "$T/check.out")"
        return
      fi
    fi
    "$B" usleep "$every"
  done
  echo "failed serve $("$B" tail -n 1 "$T/service.out")"
}

# Asks the service to end as a container engine does: a signal to its main program, which SIGKILL follows.
stop() { # SIGNAL GRACE
  state='? Z'
  # Its own end, if nobody has looked at it yet, is a zombie here.
  read -r state 2>/dev/null <"/proc/$service/stat"
  case ${state##*) } in *Z*) how=before ;; *) how=ended ;; esac
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

answered=''
while IFS=' ' read -r verb a b c d; do
  case $verb in
    hello) "$B" echo "mark T5" ;;
    ping)
      [ -z "$answered" ] && echo "mark T6" && answered=yes
      echo "pong $a"
      ;;
    serve) with_lines $((c + 3)) serve "$a" "$b" ;;
    run) with_lines $((c + d)) run "$a" "$b" "$c" ;;
    prove) with_lines "$b" prove "$a" ;;
    stop) stop "$a" "$b" ;;
    quit) break ;;
  esac
done
[ -n "$service" ] && kill -9 "$service" 2>/dev/null
if [ "$TARE_MODE" = vm ]; then "$B" poweroff -f; fi
exit 0
