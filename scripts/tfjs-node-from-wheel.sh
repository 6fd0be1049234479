#!/usr/bin/env bash
# Installs @tensorflow/tfjs-node with a native TensorFlow in a folder of its own, from the npm registry and PyPI alone.
#
#   scripts/tfjs-node-from-wheel.sh FOLDER [TENSORFLOW_VERSION]
#   NODE_PATH=FOLDER/node_modules node dist/v2s.js ..
#
# The package's own install script downloads libtensorflow and a compiled binding from storage.googleapis.com. Where that host
# is closed, the same two parts come from here: libtensorflow_cc.so.2 in the wheel of tensorflow-cpu exports the C API (wheels
# from 2.12 on have it as a library of its own), and the binding is compiled against the headers in that wheel.
# For Linux on x86-64. Needs node, npm, python3 with pip, make and g++, and 1.5 GB of disk while it works (0.8 GB afterwards).
set -euo pipefail

if [ $# -lt 1 ]; then
  sed -n '2,5p' "$0" >&2
  exit 2
fi
folder=$(mkdir -p "$1" && cd "$1" && pwd)
tensorflow=${2:-2.12.1}
tfjs=4.22.0

echo "1/4 @tensorflow/tfjs-node $tfjs from npm, without its install script"
cd "$folder"
[ -f package.json ] || echo '{"private": true}' > package.json
npm install --ignore-scripts --no-audit --no-fund "@tensorflow/tfjs-node@$tfjs"
package=$folder/node_modules/@tensorflow/tfjs-node

echo "2/4 tensorflow-cpu $tensorflow from PyPI"
# Any Python version will do: only the C++ libraries and headers in the wheel are used, none of its Python.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.10 \
  --dest "$folder/wheel" "tensorflow-cpu==$tensorflow"
python3 - "$folder/wheel"/tensorflow_cpu-"$tensorflow"-*.whl "$package/deps" <<'PYTHON'
import os, shutil, sys, zipfile

wheel, deps = sys.argv[1:]
libraries = {'tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'}
shutil.rmtree(deps, ignore_errors=True)
with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    missing = libraries - set(names)
    if missing:
        sys.exit(f'{wheel} lacks {", ".join(sorted(missing))}; take tensorflow-cpu 2.12 or newer')
    for name in names:
        if name in libraries:
            target = os.path.join(deps, 'lib', os.path.basename(name))
        elif name.startswith('tensorflow/include/') and not name.endswith('/'):
            target = os.path.join(deps, name.removeprefix('tensorflow/'))
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as copy:
            shutil.copyfileobj(source, copy)
PYTHON
rm -r "$folder/wheel"
# The names that binding.gyp links with. The binding records the libraries' own names (.so.2), which lie beside these.
ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"

echo "3/4 the binding, with node-gyp"
gyp=$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js
[ -f "$gyp" ] || { echo "node-gyp was not found in npm ($gyp)" >&2; exit 1; }
# Headers that were installed with this very Node need no download.
headers=$(node -p 'require("path").resolve(process.execPath, "../..")')
installed=$(sed -n 's/^#define NODE_\(MAJOR\|MINOR\|PATCH\)_VERSION //p' "$headers/include/node/node_version.h" 2> /dev/null | paste -sd. || true)
nodedir=()
[ "v$installed" = "$(node -v)" ] && nodedir=("--nodedir=$headers")
# The newest N-API that both this Node and the package know: node-pre-gyp looks for the binding under it.
napi=$(cd "$package" && node -p 'Math.max(...require("./package.json").binary.napi_versions.filter((v) => v <= process.versions.napi))')
(
  cd "$package"
  node "$gyp" rebuild --loglevel=warn "${nodedir[@]}" --module_name=tfjs_binding --module_path="$package/lib/napi-v$napi" \
    --napi_version="$(node -p process.versions.napi)" --napi_build_version="$napi"
)
rm -r "$package/build"

echo "4/4 does it load and compute?"
TF_CPP_MIN_LOG_LEVEL=1 node -e '
  const util = require("util");
  util.isNullOrUndefined ??= (value) => value === null || value === undefined; // removed in Node 23
  util.isArray ??= Array.isArray;
  const tf = require(process.argv[1]);
  const product = tf.matMul([[1, 2], [3, 4]], [[5], [6]]).dataSync();
  if (product.join() !== "17,39") throw new Error(`wrong product ${product}`);
  console.log(`tfjs-node ${tf.version["tfjs-node"]} on ${tf.getBackend()}, TensorFlow ${tf.backend().binding.TF_Version}: ok`);
' "$package"
echo "Use it with: NODE_PATH=$folder/node_modules"
