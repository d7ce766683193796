#!/bin/sh
# run.sh CHECK... - run checks one after another and add up how they went.
#
# A check is a program, a shell script or a Python script. What CMocka prints
# ("[  PASSED  ] 3 test(s).", "1 FAILED TEST(S)") is counted; a check that
# prints neither counts as one, by its exit status, and one that ran no test
# has failed. Its output is shown where it fails, and always under V=1. What is
# skipped is said. RUN is put before each command (valgrind).

PATH=/usr/bin:$PATH             # Debian's Python, which has h5py
passed=0 failed=0 skipped=0
out=$(mktemp) || exit
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM HUP

for check; do
    case $check in
    *.py) command="python3 $check" ;;
    *.sh) command="sh $check" ;;
    *) command="$RUN $check" ;;
    esac
    from=$(date +%s)
    # Checks send signals, which whoever started us may have ignored.
    env --default-signal=HUP,INT,QUIT,TERM $command >"$out" 2>&1 </dev/null
    code=$?
    set -- $(awk '
        /^\[  PASSED  \] [0-9]+ test/ { good += $4; seen = 1 }
        /^ *[0-9]+ FAILED TEST/ { bad += $1; seen = 1 }
        /^\[  SKIPPED \] [0-9]+ test/ { left += $4 }
        END { print good + 0, bad + 0, seen + 0, left + 0 }' "$out")
    good=$1 bad=$2 left=$4
    if [ "$3" -eq 0 ] && [ $code -eq 0 ]; then
        good=1
    elif [ $bad -eq 0 ] && { [ $code -ne 0 ] || [ $((good + left)) -eq 0 ]; }
    then
        bad=1
    fi
    verdict=ok
    [ "$left" -eq 0 ] || verdict="ok, $left skipped"
    [ "$bad" -eq 0 ] || verdict="FAILED ($bad), exit status $code"
    printf '  %-32s %4d passed %4d s  %s\n' "${check#"$BUILD"/}" "$good" \
        $(($(date +%s) - from)) "$verdict"
    if [ "$bad" -ne 0 ] || [ -n "$V" ]; then
        sed 's/^/    | /' "$out"
    fi
    passed=$((passed + good)) failed=$((failed + bad))
    skipped=$((skipped + left))
done
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
