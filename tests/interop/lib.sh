# What .ci/run and tests/interop/run share. Sourced from the root of the repository.
# shellcheck shell=bash

# Everything that is built, fetched or written goes below this folder.
# shellcheck disable=SC2034  # used by those who source this
target=${CARGO_TARGET_DIR:-$PWD/target}
passed=()

# step NAME COMMAND...: runs a step under a heading, with its seconds; the first that fails ends all.
step() {
    local name=$1 begun=$SECONDS status
    shift
    printf '\n=== %s\n' "$name"
    # Not `(...) || ...`: bash ignores `set -e` in what stands before `||`.
    (set -e; "$@")
    status=$?
    [ $status = 0 ] || exit_at "$name" $status $((SECONDS - begun))
    printf '=== %s: passed in %d s\n' "$name" $((SECONDS - begun))
    passed+=("$(printf '%5d s  %s' $((SECONDS - begun)) "$name")")
}

exit_at() {
    printf '\n=== FAILED: %s (exit code %d, after %d s)\n' "$1" "$2" "$3" >&2
    exit 1
}

# summary TITLE: the steps that passed, and their seconds.
summary() {
    printf '\n=== %s: every step passed, %d s in all\n' "$1" "$SECONDS"
    printf '%s\n' "${passed[@]}"
}

# need_debian COMMAND-OR-FILE PACKAGE...: installs Debian packages where the first word is missing.
need_debian() {
    local wanted=$1
    shift
    have "$wanted" && return
    printf '%s is missing: installing %s\n' "$wanted" "$*"
    [ "$(id -u)" = 0 ] || { echo "not root: install $* and try again" >&2; return 1; }
    apt-get update -qq || return
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" || return
    have "$wanted" || { echo "$wanted is still missing" >&2; return 1; }
}

have() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# run_demo PROFILE DIR: plays the demonstration into DIR, and believes it only if its last line says
# that it verified what it left behind. PROFILE is --release, or nothing for a debug build.
run_demo() {
    local dir=$2 last
    need_debian python3 python3-minimal || return
    # shellcheck disable=SC2086  # no profile is no word
    cargo run $1 --bin tsumugu -- demo --headless --dir "$dir" --json | tee "$dir.out" || return
    last=$(tail -n 1 "$dir.out")
    python3 -c 'import json, sys; sys.exit(json.loads(sys.argv[1]).get("verified") is not True)' "$last" || {
        echo "the last line does not say \"verified\": true: $last" >&2
        return 1
    }
}
