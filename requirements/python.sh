#!/bin/sh
# Prints the Python to build environments with: $PYTHON when set, else the first one that fits.
set -eu
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
done
echo "No Python 3.11 or newer was found." >&2
echo "try: install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
exit 1
