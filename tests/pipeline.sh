# pipeline.sh - what tests written in shell share; they source it.
#
# A test is a function whose name is the sentence that it proves. It runs in a
# fresh shell that ends at the first command that fails, and what it printed
# until then is shown. Prints as CMocka does.

root=$PWD
bin=$(cd "${BUILD:-build}" && pwd) || exit
dir=$(mktemp -d) || exit
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
PATH=$bin:$PATH
unset MAKEFLAGS MFLAGS MAKELEVEL        # a make in here is nobody's child
passed=0 failed=0

# prove SENTENCE...
prove() {
    for sentence; do
        (set -ex; cd "$dir"; "$sentence") >"$dir/.said" 2>&1 </dev/null
        if [ $? = 0 ]; then
            passed=$((passed + 1))
            sed -n 's/^note: /    /p' "$dir/.said"
        else
            failed=$((failed + 1))
            echo "[  FAILED  ] $sentence"
            tail -n 12 "$dir/.said" | cut -c 1-400 | sed 's/^/    /'
        fi
    done
}

# The last line of a test.
conclude() {
    echo "[  PASSED  ] $passed test(s)."
    [ $failed = 0 ] && exit
    echo "$failed FAILED TEST(S)"
    exit 1
}

# ends STATUS COMMAND - runs it; holds if it ends so.
ends() {
    wanted=$1
    shift
    status=0
    "$@" || status=$?
    [ $status = "$wanted" ]
}

# says_once TEXT FILE - one line of what was printed to a file has this text.
says_once() {
    [ "$(grep -v '^+' "$2" | grep -cF -e "$1")" = 1 ]
}

# Data, models, activations and interventions of two counting systems, m and
# s: what an alignment is made of. They come into the folder where we are;
# what a program reads comes from FOLDER/, '' being the same.
small_systems() {                       # small_systems FOLDER/ [OPTION...]
    from=$1
    shift
    for s in m:multi-object:10:1 s:same-object:8:2; do
        set -- $(echo "$s" | tr : ' ') "$@"
        name=$1 task=$2 width=$3 seed=$4
        shift 4
        gen-data --task "$task" --max-quantity 3 --seed "$seed" \
            --split train=192,valid=64,test=96 "$@" -o "$name.data.h5"
        train --data "$from$name.data.h5" --width "$width" --seed "$seed" \
            --lr 0.01 --epochs 60 --criterion none "$@" -o "$name.model.h5"
        record-activations --model "$from$name.model.h5" \
            --data "$from$name.data.h5" "$@" -o "$name.act.h5"
    done
    for d in m:m s:m m:s s:s; do
        build-cf-latents --source "$from${d%:*}.act.h5" \
            --target "$from${d#*:}.act.h5" --variable count \
            --samples train=192,valid=64,test=96 "$@" \
            -o "${d%:*}-${d#*:}.int.h5"
    done
}

# The options by which align knows those systems.
small_problem() {                       # small_problem [FOLDER/]
    echo "--system 1=$1m.act.h5,$1m.model.h5" \
        "--system 2=$1s.act.h5,$1s.model.h5" \
        "--direction 1:1=$1m-m.int.h5 --direction 2:1=$1s-m.int.h5" \
        "--direction 1:2=$1m-s.int.h5 --direction 2:2=$1s-s.int.h5"
}
