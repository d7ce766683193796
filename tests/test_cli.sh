#!/bin/sh
# test_cli.sh - run the rows of cli.table; prints as CMocka does.

. tests/pipeline.sh
cd "$dir" || exit

# flip FROM OFFSET TO - a copy with one bit changed.
flip() {
    rm -f "$3"
    python3 - "$@" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[2])] ^= 4
open(sys.argv[3], "wb").write(data)
PYTHON
}

# meanwhile MADE OUTPUT COMMAND - run it while another process holds the lock
# of the output, which then becomes a copy of what was made.
meanwhile() {
    rm -f held
    flock "$2.lock" sh -c ': >held; sleep 0.5; cp "$0" "$1"' "$1" "$2" &
    until [ -e held ]; do sleep 0.01; done
    shift 2
    "$@"
}

# killed OUTPUT COMMAND - run it and kill it once it left a checkpoint.
killed() {
    checkpoint=$1.ckpt
    shift
    "$@" &
    while kill -0 $! 2>/dev/null && ! [ -e "$checkpoint" ]; do
        sleep 0.01
    done
    kill -KILL $!
    wait $!
}

# What is there, logs aside: a program that fails may leave its log only.
files() {
    ls -A | grep -v -e '\.log\.json$' -e '\.ckpt$'
}

# row STATUS TEXT COMMAND - says what is wrong, nothing if all is well.
row() {
    program=${3%% *}
    before=$(files)
    (eval "$3") >"$dir/.out" 2>"$dir/.err" </dev/null
    code=$?
    [ $code = "$1" ] || echo "exit status $code, not $1"
    if [ -n "$2" ] && ! grep -qF -e "$2" "$dir/.out" "$dir/.err"; then
        echo "nothing says \"$2\""
    fi
    [ -x "$bin/$program" ] || return
    if [ "$1" = 0 ]; then
        output=${3##* -o }
        [ "$output" = "$3" ] || [ -s "$output" ] || echo "$output is missing"
        ls -A | grep -E "^[.]?$output[.]([0-9]+[.]part|lock)\$"
    else
        [ "$(wc -l <"$dir/.err")" = 1 ] || echo "not one line"
        grep -q "^$program: ." "$dir/.err" || echo "not \"$program: ...\""
        [ "$(files)" = "$before" ] || echo "left a file behind"
    fi
}

: >.out
: >.err
: >.bad
while IFS='|' read -r status text command; do
    status=${status%% *}
    text=$(echo "$text" | sed 's/^ *//; s/ *$//')
    case $status in '' | '#'*) continue ;; esac
    row "$status" "$text" "${command# }" >.bad
    if [ -s .bad ]; then
        failed=$((failed + 1))
        echo "[  FAILED  ] ${command# }"
        sed 's/^/    /' .bad .err
    else
        passed=$((passed + 1))
    fi
done <"$root/tests/cli.table"
conclude
