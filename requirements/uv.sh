#!/bin/sh
# Runs uv: the one on the path, else one of our own in .uv/, brought by pip and checked against
# its lock. Nothing is ever put into the user's Python. Sources and certificates that are
# configured for pip serve uv too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
own=$here/../.uv

bring() {
    python=$("$here/python.sh")
    echo "Bringing uv into .uv/" >&2
    rm -rf "$own"
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv "$own/venv" >&2
        python=$own/venv/bin/python
    fi
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 "$python" -m pip install --quiet \
        --target "$own" --no-deps --require-hashes -r "$here/installer.lock" >&2
}

pip_setting() { # name of the variable, name of the key
    value=$(printenv "PIP_$1" || true)
    if [ -z "$value" ]; then
        value=$("$("$here/python.sh")" -m pip config get "global.$2" 2>/dev/null || true)
    fi
    printf %s "$value"
}

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    [ -x "$own/bin/uv" ] || bring
    uv=$own/bin/uv
fi
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index=$(pip_setting INDEX_URL index-url)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
    certificates=$(pip_setting CERT cert)
    [ -z "$certificates" ] || export SSL_CERT_FILE="$certificates"
fi
exec "$uv" "$@"
