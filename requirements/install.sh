#!/bin/sh
# Makes the environment FOLDER, or completes it, from a hashed lock: install.sh FOLDER LOCK [PACKAGE]
# With PACKAGE (a folder) that package is installed too, editable. Talks on stderr only.
set -eu
exec >&2
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 lock=$2 package=${3:-}

echo "Installing $lock into $folder"
if ! "$folder/bin/python" -c '' 2>/dev/null; then
    "$here/uv.sh" venv --quiet --clear --python "$("$here/python.sh")" "$folder"
fi
"$here/uv.sh" pip install --quiet --python "$folder/bin/python" --require-hashes -r "$lock"
if [ -n "$package" ]; then
    "$here/uv.sh" pip install --quiet --python "$folder/bin/python" --no-deps \
        --build-constraint "$here/build.lock" --editable "$package"
fi
