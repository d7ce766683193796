#!/bin/sh
# test_iia.sh - small alignments of every kind, computed again from their files
# by check_iia.py; prints as CMocka does.

. tests/pipeline.sh
cd "$dir" || exit

# run COMMAND - a step that must succeed.
run() {
    "$@" --quiet --threads 1 2>err && return
    echo "[  FAILED  ] $*"
    cat err
    exit 1
}

# system NAME ARCH TASK WIDTH SEED - a model and its recording.
system() {
    [ -e "$3.h5" ] ||
        run gen-data --task "$3" --max-quantity 3 \
            --split train=128,valid=64,test=64 -o "$3.h5"
    run train --data "$3.h5" --arch "$2" --width "$4" --seed "$5" --epochs 8 \
        --criterion none -o "$1.model.h5"
    run record-activations --model "$1.model.h5" --data "$3.h5" \
        -o "$1.act.h5"
}

# pair NAME SYSTEM1 SYSTEM2 VARIABLE1 VARIABLE2 [OPTION] - align all directions
# by steps that see every training sample, at $site. Leaves the arguments that
# align and the check share in $shared.
site=hidden
pair() {
    name=$1
    shared="--system 1=$2.act.h5,$2.model.h5 --system 2=$3.act.h5,$3.model.h5"
    for d in 1:1:$2:$2:$4:$4 1:2:$2:$3:$4:$5 2:1:$3:$2:$5:$4 2:2:$3:$3:$5:$5; do
        set -- $(echo "$d" | tr : ' ') "$6"
        run build-cf-latents --source "$3.act.h5" --target "$4.act.h5" \
            --variable "$5:$6" --samples train=96,valid=64,test=200 $7 \
            --site $site --seed "$1$2" -o "$name.$1$2.h5"
        shared="$shared --direction $1:$2=$name.$1$2.h5"
        set -- "" "" "" "" "" "$7"
    done
    run align $shared --site $site --batch 96 --epochs 12 --validate 4 \
        --null-draws 20 -o "$name.h5"
}

# verdict WHAT - count the test; show its lines where it failed, or under V=1.
verdict() {
    if [ $? = 0 ]; then
        passed=$((passed + 1))
        [ -z "$V" ] || cat .out
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $1"
        cat .out
    fi
}

check() {
    python3 "$root/tests/check_iia.py" --alignment "$@" >.out 2>&1
}

system m1 gru multi-object 8 1
system m2 gru multi-object 6 2
system a1 gru arithmetic 8 1
system a2 gru arithmetic 8 2
system l1 lstm multi-object 8 1
system l2 lstm same-object 6 2
system t1 transformer multi-object 8 1
system t2 transformer multi-object 8 2

pair count m1 m2 count count
check count.h5 $shared --retrain 0.003 --null 20
verdict 'count to count, systems of different width'

# The check itself must see what is wrong: a scale, and one token.
cp count.h5 bent.h5 && cp count.12.h5 bent.12.h5 && chmod u+w bent*
python3 - <<'PYTHON'
import h5py
with h5py.File("bent.h5", "r+") as f:
    f["systems/2/c"][()] *= 1.1
with h5py.File("bent.12.h5", "r+") as f:
    f["tokens"][7, 0] = 2
PYTHON
check bent.h5 $(echo "$shared" | sed 's/count.12.h5/bent.12.h5/')
grep -q "^FAIL direction 1to2: 360 counterfactuals.*'token': 1" .out &&
    grep -q '^FAIL direction 2to1: loss a sample' .out
verdict 'a bent scale and a wrong token are seen'

pair rem a1 a2 rem_ops rem_ops
check rem.h5 $shared --retrain 0.003
verdict 'rem_ops to rem_ops'

pair cross a1 m1 rem_ops count
check cross.h5 $shared --retrain 0.003
verdict 'rem_ops to count'

pair value a1 m1 cumu_val count --shuffle
check value.h5 $shared
verdict 'cumu_val to count, shuffled'

pair full a1 a2 full full
check full.h5 $shared
verdict 'full to full'

pair lstm l1 l2 full full
check lstm.h5 $shared --retrain 0.003
verdict 'full between LSTMs of two tasks'

pair attention t1 t2 count count
check attention.h5 $shared --retrain 0.003
verdict 'count between transformers'

pair mixed m1 t1 full full
check mixed.h5 $shared
verdict 'full between a GRU and a transformer'

site=embedding
pair token m1 t1 last_value last_value
check token.h5 $shared --retrain 0.003
verdict 'last_value at the embeddings of a GRU and a transformer'

pair input l1 l2 last_value last_value
check input.h5 $shared
verdict 'last_value at the embeddings of LSTMs of two tasks'
conclude
