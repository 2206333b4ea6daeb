#!/usr/bin/env bash
# Sourced by the start scripts: options, choice between native and Docker, checks. Start and stop: native.sh, containers.sh.
# Exit codes: 0 success, 1 a service did not start, 2 wrong usage, 3 this machine lacks something.

SCRIPTS=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/setup.sh
source "$SCRIPTS/setup.sh"
read_env_file "$ROOT/.env"

WORKSPACE=${DEEPSYNTH_WORKSPACE:-$ROOT/workspace}
RUN_FOLDER="$WORKSPACE/run"
HOST=${DEEPSYNTH_HOST:-127.0.0.1}
HEALTH_WAIT_S=${DEEPSYNTH_HEALTH_WAIT_S:-60}
MIN_FREE_MB=2000

# shellcheck source=scripts/native.sh
source "$SCRIPTS/native.sh"
# shellcheck source=scripts/containers.sh
source "$SCRIPTS/containers.sh"

service_port() { if [ "$1" = cpu ]; then echo "${DEEPSYNTH_CPU_PORT:-5000}"; else echo "${DEEPSYNTH_GPU_PORT:-5001}"; fi; }
service_title() { if [ "$1" = cpu ]; then echo "dataset service"; else echo "training service"; fi; }
service_url() { echo "http://$(called):$(service_port "$1")"; }
address() { if [ "$MODE" = docker ]; then service_url "$1"; else native_url "$1"; fi; } # prints the address of a started service

called() { # prints the host name under which this machine reaches the services; containers are published on loopback
  case "$MODE $HOST" in
    docker* | *" 0.0.0.0" | *" ::") echo 127.0.0.1 ;;
    *:*) echo "[$HOST]" ;;
    *) echo "$HOST" ;;
  esac
}

gpu_name() { # prints name and memory of the first GPU; nothing without a GPU or driver
  local names
  if names=$(nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null); then echo "${names%%$'\n'*}"; fi
}

check_port() {
  local address port
  address=$(called) port=$(service_port "$1")
  [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || fail 2 "DEEPSYNTH_${1^^}_PORT must be a port from 1 to 65535, not '$port'."
  if (exec 3<>"/dev/tcp/${address//[\[\]]/}/$port") 2>/dev/null; then
    fail 1 "port $port is in use by another program. Stop it, or set DEEPSYNTH_${1^^}_PORT."
  fi
}

check_disk() { # check_disk FOLDER NEEDED_MB
  local free_mb
  free_mb=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  [ "$free_mb" -ge "$2" ] || fail 3 "only $free_mb MB are free on the disk of $1; $2 MB are needed."
}

runs() { if [ "$2" = docker ]; then container_runs "$1"; else native_pid "$1" >/dev/null; fi; } # runs ROLE MODE

# running_mode ROLE: prints native or docker; nothing if the service does not run.
running_mode() { if runs "$1" native; then echo native; elif runs "$1" docker; then echo docker; fi; }

# choose_mode ROLE...: sets MODE for a start: the option, else the mode of a running service (containers have their own workspace, so
# both services use the same mode), else docker if an engine answers and can give the training service a GPU, else native.
choose_mode() {
  local role running problem
  for role in cpu gpu; do
    running=$(running_mode "$role")
    [ "${running:-$MODE}" = "${MODE:-$running}" ] ||
      fail 1 "the $(service_title "$role") runs $(mode_words "$running"), with its own workspace. Stop it first: ./start-all.sh --$running --stop"
    MODE=${MODE:-$running}
  done
  [ -z "$MODE" ] || return 0
  MODE=native
  [ -z "$(engine_problem)" ] || return 0
  case " $* " in *" gpu "*) problem=$(container_gpu_problem) ;; *) problem='' ;; esac
  if [ -n "$problem" ]; then
    say "Running without containers, although Docker answers: $problem."
    return 0
  fi
  MODE=docker
  if [ -d "$WORKSPACE/jobs" ]; then say "Containers have their own workspace. To use $WORKSPACE, add --native."; fi
}

mode_words() { if [ "$1" = docker ]; then echo "in a container"; else echo "without a container"; fi; }

# check_gpu: says on which device the training service will run.
check_gpu() {
  local name problem
  name=$(gpu_name)
  if [ "$MODE" = docker ]; then
    problem=$(container_gpu_problem)
    [ -z "$problem" ] ||
      fail 3 "the training container needs a GPU, but $problem. Without containers: --native."
  fi
  if [ -n "$name" ]; then
    say "GPU: $name"
  elif [ "$CPU_ONLY" = no ]; then
    say "No NVIDIA GPU with a working driver here. Training runs on the CPU: suitable for the tiny model, far too slow for DeepSeek-OCR."
  fi
}

check_settings() {
  [ -n "${HF_TOKEN:-}" ] || say "HF_TOKEN is not set: everything works except publishing to the Hugging Face Hub."
  [ -n "${HF_USERNAME:-}" ] || say "HF_USERNAME is not set: name the repository when you publish."
  [ -z "$(find "$ROOT/.env" -perm /077 2>/dev/null)" ] || say "Other users of this machine can read .env. Type: chmod 600 .env"
}

show_help() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; }

# parse_service_arguments ARGUMENTS...: the options of the start scripts. Sets ACTION, MODE, CPU_ONLY and DEMO.
parse_service_arguments() {
  ACTION=start MODE='' CPU_ONLY=no DEMO=no
  while [ $# -gt 0 ]; do
    case "$1" in
      --native | --docker)
        [ "${MODE:-${1#--}}" = "${1#--}" ] || fail 2 "--native and --docker exclude each other."
        MODE=${1#--}
        ;;
      --cpu) CPU_ONLY=yes ;;
      --demo) DEMO=yes ;;
      --stop | --status | --logs) ACTION=${1#--} ;;
      -h | --help) ACTION=help ;;
      *) fail 2 "unknown option $1. Try --help." ;;
    esac
    shift
  done
  if [ "$CPU_ONLY$DEMO" != nono ] && [ "$ACTION" = start ]; then
    [ "$MODE" != docker ] || fail 2 "--cpu and --demo run without containers: leave out --docker."
    MODE=native
  fi
}

start_services() { # start_services ROLE...: under a lock, so that a second script finds the services that the first has started
  local problem
  choose_mode "$@"
  if [ "$MODE" = docker ]; then
    problem=$(engine_problem)
    [ -z "$problem" ] || fail 3 "$problem. Fix that, or use --native."
    check_and_start "$@"
  else
    { mkdir -p "$RUN_FOLDER" && [ -w "$RUN_FOLDER" ]; } 2>/dev/null ||
      fail 3 "$WORKSPACE is not writable. Set DEEPSYNTH_WORKSPACE to a folder that is."
    check_disk "$WORKSPACE" "$MIN_FREE_MB"
    [[ $HEALTH_WAIT_S =~ ^[0-9]+$ ]] || fail 2 "DEEPSYNTH_HEALTH_WAIT_S must be whole seconds, not '$HEALTH_WAIT_S'."
    alone "$RUN_FOLDER/start.lock" check_and_start "$@"
  fi
}

check_and_start() { # check_and_start ROLE...: checks all services before it starts any
  local role extras=''
  for role in "$@"; do
    if [ "$role" = gpu ]; then
      check_gpu
      extras=train
    fi
    if [ "$MODE" = docker ]; then check_container "$role"; else check_native "$role"; fi
  done
  if [ "$MODE" = native ]; then
    ensure_libraries
    ensure_venv "$extras"
  fi
  for role in "$@"; do
    if [ "$MODE" = docker ]; then start_container "$role"; else start_native "$role"; fi
  done
}

manage_service() { # manage_service ROLE: stop, status or logs, native or docker
  local role=$1 mode=${MODE:-$(running_mode "$1")} title
  title=$(service_title "$role")
  case "$ACTION $mode" in
    "logs docker") say "== $title" && { docker logs --tail 100 "$(container "$role")" 2>&1 || true; } ;;
    "logs "*) say "== $title" && { tail -n 100 "$RUN_FOLDER/$role.log" 2>/dev/null || say "No log yet."; } ;;
    *)
      if [ -z "$mode" ] || ! runs "$role" "$mode"; then
        say "$title: not running"
      elif [ "$ACTION" = stop ]; then
        if [ "$mode" = docker ]; then stop_container "$role"; else stop_native "$role"; fi
      elif [ "$mode" = docker ]; then
        show_container "$role"
      else
        show_native "$role"
      fi
      ;;
  esac
}

run_services() { # run_services ROLE...
  local role
  if [ "$ACTION" = start ]; then
    start_services "$@"
  else
    for role in "$@"; do manage_service "$role"; done
  fi
}

# start_script ROLE TAB ARGUMENTS...: the body of the scripts that start one service.
start_script() {
  local role=$1 tab=$2
  shift 2
  parse_service_arguments "$@"
  if [ "$ACTION" = help ]; then
    show_help
    return 0
  fi
  [ "$DEMO" = no ] || fail 2 "--demo belongs to ./start-all.sh."
  run_services "$role"
  if [ "$ACTION" = start ]; then
    check_settings
    say "Open $(address "$role")/$tab in a browser. Stop with ./$(basename "$0") --stop"
  fi
}
