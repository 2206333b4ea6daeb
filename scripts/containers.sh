#!/usr/bin/env bash
# Sourced by services.sh: the two services as containers, with Docker Compose.

NAME=${DEEPSYNTH_NAME:-deepsynth}

container() { if [ "$1" = cpu ]; then echo "$NAME-dataset-generator-cpu"; else echo "$NAME-trainer-gpu"; fi; }
compose() { docker compose --project-directory "$ROOT" -f "$ROOT/docker-compose.$1.yml" "${@:2}"; }

# engine_problem: prints why this machine cannot run containers; nothing if it can.
engine_problem() {
  local answer
  if ! command -v docker >/dev/null; then
    echo "Docker is not installed"
  elif ! answer=$(docker info 2>&1); then
    echo "no Docker engine answers (${answer##*$'\n'})"
  elif ! docker compose version >/dev/null 2>&1; then
    echo "Docker has no Compose (Debian: docker-compose, others: docker-compose-plugin)"
  fi
}

# container_gpu_problem: prints why a container cannot use a GPU of this machine; nothing if it can.
container_gpu_problem() {
  local engine
  if [ -z "$(gpu_name)" ]; then
    echo "this machine has no NVIDIA GPU with a working driver"
  elif ! command -v nvidia-ctk >/dev/null && ! command -v nvidia-container-runtime-hook >/dev/null; then
    engine=$(docker info --format '{{json .}}' 2>/dev/null) || engine='' # lists the runtimes and the CDI devices
    case "$engine" in
      *'"nvidia"'* | *nvidia.com/gpu*) ;;
      *) echo "Docker cannot use the GPU: the NVIDIA container toolkit is not installed" ;;
    esac
  fi
}

container_state() { docker container inspect -f '{{.State.Status}}{{with .State.Health}}, {{.Status}}{{end}}' "$(container "$1")" 2>/dev/null; }
container_runs() { case "$(container_state "$1")" in running* | restarting* | paused*) return 0 ;; *) return 1 ;; esac }

check_container() { # check_container ROLE: checks port and disk before the start
  local image_mb=3000 folder
  container_runs "$1" || check_port "$1"
  if [ "$1" = gpu ]; then image_mb=10000; fi # 6 GB, and the packed wheels during the build
  if docker image inspect "$NAME-$1:latest" >/dev/null 2>&1; then image_mb=0; fi
  folder=$(docker info --format '{{.DockerRootDir}}')
  if [ -d "$folder" ]; then check_disk "$folder" $((MIN_FREE_MB + image_mb)); fi # with Docker Desktop this folder is inside a virtual machine
}

start_container() {
  local title
  title=$(service_title "$1")
  say "Building the image of the $title; the first time takes several minutes"
  compose "$1" build ||
    fail 1 "the image could not be built; see the lines above. To start an image built earlier: docker compose -f docker-compose.$1.yml up -d --wait"
  say "Starting the $title in a container"
  if ! compose "$1" up -d --wait; then
    docker logs --tail 15 "$(container "$1")" >&2 || true
    fail 1 "the $title did not start; see the lines above. The whole log: docker logs $(container "$1")"
  fi
  say "The $title is ready: $(service_url "$1")"
}

stop_container() {
  compose "$1" down || fail 1 "docker compose could not stop the $(service_title "$1")."
  say "Stopped the $(service_title "$1"). Its data stays in the volume $NAME-workspace; running jobs continue at the next start."
}

show_container() {
  local address
  address=$(docker port "$(container "$1")" 2>/dev/null | sed -n '1s/.*-> //p')
  say "$(service_title "$1"): $(container_state "$1")${address:+, http://$address}, container $(container "$1")"
}
