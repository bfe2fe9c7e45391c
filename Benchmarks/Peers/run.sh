#!/bin/sh
# The engine beside PyTorch and onnxruntime on the same shapes, in turn, with the same threads.
# Usage: run.sh BENCH-EXECUTABLE RESULT-FILE README-FILE
# Makes a virtual environment of its own on the first call (about 5 GB); PEERS_VENV names another.
set -eu
here=$(dirname "$0")
venv=${PEERS_VENV:-.build/peers}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
fi
exec "$venv/bin/python" "$here/peers.py" "$@"
