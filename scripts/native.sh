#!/usr/bin/env bash
# Sourced by services.sh: the two services as processes of this machine.

# native_pid ROLE: prints the pid of the service of this workspace; fails if the service has ended, also if another program has its pid.
native_pid() {
  local pid
  pid=$(cat "$RUN_FOLDER/$1.pid" 2>/dev/null) || return 1
  "$VENV/bin/python" - "$pid" "$1" "$WORKSPACE" 2>/dev/null <<'PYTHON' && echo "$pid"
import os, psutil, sys
_, pid, role, workspace = sys.argv
process = psutil.Process(int(pid))
words = process.cmdline()
after = dict(zip(words, words[1:]))
serves = os.path.join(process.cwd(), after["--workspace"])
sys.exit((after["serve"], after["--role"], os.path.realpath(serves)) != ("--role", role, os.path.realpath(workspace)))
PYTHON
}

# native_url ROLE: prints the address at which the service was started; if it does not run, the address of its next start.
native_url() { { native_pid "$1" >/dev/null && cat "$RUN_FOLDER/$1.url" 2>/dev/null; } || service_url "$1"; }

healthy() { # healthy ROLE: the service of this role answers at its address
  "$VENV/bin/python" - "$(native_url "$1")/api/health" "$1" 2>/dev/null <<'PYTHON'
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
answer = json.load(opener.open(sys.argv[1], timeout=2))
sys.exit(answer.get("role") != sys.argv[2])
PYTHON
}

check_native() { native_pid "$1" >/dev/null || check_port "$1"; } # check_native ROLE: checks the port before the start

start_native() {
  local role=$1 log="$RUN_FOLDER/$1.log" pid
  if pid=$(native_pid "$role"); then
    if healthy "$role"; then say "The $(service_title "$role") is already running: $(native_url "$role")"; else wait_healthy "$role" "$log"; fi
    return 0
  fi
  say "Starting the $(service_title "$role")"
  if [ -f "$log" ]; then mv -f "$log" "$log.1"; fi # keeps the log of the start before
  service_url "$role" >"$RUN_FOLDER/$role.url"
  setsid nohup "$VENV/bin/deepsynth" serve --role "$role" --host "$HOST" --port "$(service_port "$role")" --workspace "$WORKSPACE" \
    >"$log" 2>&1 </dev/null 9>&- & # the service must not inherit the lock of this start
  echo $! >"$RUN_FOLDER/$role.pid"
  wait_healthy "$role" "$log"
}

wait_healthy() {
  local role=$1 log=$2 waited_s=0
  until healthy "$role"; do
    if [ "$waited_s" -ge "$HEALTH_WAIT_S" ] || { [ "$waited_s" -gt 2 ] && ! native_pid "$role" >/dev/null; }; then
      tail -n 15 "$log" >&2
      fail 1 "the $(service_title "$role") did not start; see the lines above. The whole log: $log"
    fi
    [ -t 1 ] && printf '.'
    sleep 1
    waited_s=$((waited_s + 1))
  done
  if [ -t 1 ] && [ "$waited_s" -gt 0 ]; then echo; fi
  say "The $(service_title "$role") is ready: $(native_url "$role")"
}

stop_native() {
  local role=$1 pid waited_s=0
  pid=$(native_pid "$role")
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$waited_s" -ge 30 ]; then
      kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid"
      break
    fi
    sleep 1
    waited_s=$((waited_s + 1))
  done
  rm -f "$RUN_FOLDER/$role.pid" "$RUN_FOLDER/$role.url"
  say "Stopped the $(service_title "$role"). Running jobs continue; the next start adopts them."
}

show_native() {
  if healthy "$1"; then say "$(service_title "$1"): running, $(native_url "$1")"; else say "$(service_title "$1"): started, but not healthy"; fi
}
