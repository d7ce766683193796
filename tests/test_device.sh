#!/bin/sh
# test_device.sh - what is computed on a card is what this processor computes.
# The card is emulated (tests/cuda), but for the first test.

. tests/pipeline.sh

card() {                                # card PROGRAM OPTION... : run it there
    program=$1
    shift
    "$bin/emulated/$program" "$@" --device cuda
}

# near A B - the same datasets, integers and texts alike, numbers but for
# rounding.
near() {
    /usr/bin/python3 "$root/tests/h5near.py" "$@"
}

both_ways() {                           # both_ways PROGRAM OPTION...
    rm -f here.h5 there.h5
    "$@" -o here.h5
    card "$@" -o there.h5
    near here.h5 there.h5
}

without_a_card_there_is_a_line() {
    small_systems ''
    export CUDA_VISIBLE_DEVICES=
    ends 69 align $(small_problem) --device cuda -o none.h5 2>said
    [ "$(grep -vc '^+' said)" = 1 ]
    grep -q -e '--device cpu computes without a card' said
    [ ! -e none.h5 ]
    ends 69 train --data m.data.h5 --device cuda -o none.h5
    ends 69 record-activations --data m.data.h5 --model m.model.h5 \
        --device cuda -o none.h5
    align $(small_problem) --device auto --epochs 1 --null-draws 1 \
        -o auto.h5
}

a_model_learns_the_same_there() {
    both_ways train --data m.data.h5 --width 9 --epochs 5 --criterion none
    both_ways train --data m.data.h5 --arch lstm --width 6 --epochs 4 \
        --criterion none --fresh --dropout 0 --batch 50
}

and_is_recorded_the_same() {
    both_ways record-activations --data m.data.h5 --model m.model.h5
}

# It ends where a run in one go does.
a_run_that_was_cut_short_goes_on_there() {
    set -- train --data m.data.h5 --width 9 --lr 0.01 --checkpoint 0
    card "$@" --epochs 99 -o whole.h5
    ends 20 card "$@" --epochs 5 -o part.h5
    card "$@" --epochs 99 -o part.h5 2>said
    grep -q 'going on after epoch 5' said
    /usr/bin/python3 "$root/tests/h5same.py" whole.h5 part.h5
}

an_alignment_is_the_same_there() {
    both_ways align $(small_problem) --batch 80 --epochs 4 --validate 3 \
        --null-draws 3
    grep -q '"device": "emulated"' there.h5.log.json
    both_ways align $(small_problem) --batch 16 --epochs 5 --null-draws 1
    ! grep -q '"device":' here.h5.log.json
}

so_is_one_that_was_cut_short() {
    set -- $(small_problem) --batch 80 --validate 2 --checkpoint 0 \
        --no-early-stop --null-draws 1 --epochs 30
    card align "$@" -o whole.h5
    "$bin/emulated/align" "$@" --device cuda -o part.h5 &
    child=$!
    while [ ! -e part.h5.ckpt ] && kill -0 $child; do sleep 0.01; done
    kill -9 $child
    wait $child || true
    card align "$@" -o part.h5 2>said
    grep -q 'going on after step' said
    /usr/bin/python3 "$root/tests/h5same.py" whole.h5 part.h5
}

so_are_latent_losses_and_stand_ins() {
    both_ways align $(small_problem) --preset cmas --hold 2 --batch 80 \
        --epochs 3 --validate 3 --null-draws 2
}

so_is_every_form_of_map() {
    for map in cayley affine; do
        both_ways align $(small_problem) --map $map --dims 3 --epochs 2 \
            --null-draws 1
    done
}

lstms_and_other_sites_too() {
    systems='--system 1=l.act.h5,l.model.h5 --system 2=m.act.h5,m.model.h5'
    train --data m.data.h5 --arch lstm --width 7 --lr 0.01 --epochs 30 \
        --criterion none -o l.model.h5
    record-activations --model l.model.h5 --data m.data.h5 -o l.act.h5
    for d in l:l m:l l:m m:m; do
        build-cf-latents --source "${d%:*}.act.h5" \
            --target "${d#*:}.act.h5" --variable count \
            --samples train=150,valid=64,test=64 -o "${d%:*}-${d#*:}.mixed.h5"
        build-cf-latents --source "${d%:*}.act.h5" \
            --target "${d#*:}.act.h5" --variable last_value --site embedding \
            --samples train=150,valid=64,test=64 \
            -o "${d%:*}-${d#*:}.embedding.h5"
    done
    both_ways align $systems \
        --direction 1:1=l-l.mixed.h5 --direction 2:1=m-l.mixed.h5 \
        --direction 1:2=l-m.mixed.h5 --direction 2:2=m-m.mixed.h5 \
        --epochs 2 --null-draws 1
    both_ways align $systems \
        --direction 1:1=l-l.embedding.h5 --direction 2:1=m-l.embedding.h5 \
        --direction 1:2=l-m.embedding.h5 --direction 2:2=m-m.embedding.h5 \
        --site embedding --epochs 2 --null-draws 1
}

transformers_too() {
    both_ways train --data m.data.h5 --arch transformer --width 8 --epochs 4 \
        --criterion none --block-dropout 0.25
    train --data m.data.h5 --arch transformer --width 8 --lr 0.01 \
        --epochs 30 --criterion none -o t.model.h5
    both_ways record-activations --model t.model.h5 --data m.data.h5
    mv here.h5 t.act.h5
    for d in t:t m:t t:m m:m; do
        for site in hidden embedding; do
            build-cf-latents --source "${d%:*}.act.h5" \
                --target "${d#*:}.act.h5" --variable count --site $site \
                --samples train=100,valid=64,test=64 \
                -o "${d%:*}-${d#*:}.$site.h5"
        done
    done
    for site in hidden embedding; do
        both_ways align --system 1=t.act.h5,t.model.h5 \
            --system 2=m.act.h5,m.model.h5 \
            --direction 1:1=t-t.$site.h5 --direction 2:1=m-t.$site.h5 \
            --direction 1:2=t-m.$site.h5 --direction 2:2=m-m.$site.h5 \
            --site $site --batch 50 --epochs 2 --null-draws 1
    done
}

an_architecture_without_kernels_is_named() {
    train --data m.data.h5 --arch three-part --width 3 --lr 0 --lr-min 0 \
        --epochs 1 --criterion none -o p.model.h5
    ends 69 card record-activations --model p.model.h5 --data m.data.h5 \
        -o p.act.h5 2>said
    grep -q 'a three-part does not run on a card' said
}

pipelines_go_there_and_many_at_once() {
    for jobs in 1 3; do
        make -C "$root" --no-print-directory -j$jobs PROFILE=smoke \
            RESULTS="$dir/$jobs" DEVICE=cuda LAUNCH=tests/on_card.sh figure6
    done
    diff -r --exclude='*.log.json' 1 3
    ls 1/*/models/*.h5 1/*/activations/*.h5 1/*/alignments/*.h5 >made
    grep -l '"device": "emulated"' $(sed 's/$/.log.json/' made) >there
    [ $(wc -l <made) = $(wc -l <there) ]
}

# Whichever call of the runtime it is. Where it is looked whether a card is
# there, want of memory means that none is.
a_call_that_fails_is_a_line() {
    calls=0 full=0
    for program in train record-activations align; do
        case $program in
        train) set -- --data m.data.h5 --width 5 --epochs 2 --criterion none ;;
        record-activations) set -- --data m.data.h5 --model m.model.h5 ;;
        align) set -- $(small_problem) --epochs 1 --null-draws 1 ;;
        esac
        n=0
        until EMULATE_FAILURE=$n card $program "$@" -o f.h5 2>said; do
            rc=$?
            [ $rc = 69 ] || [ $rc$((n % 2)) = 710 ]
            full=$((full + (rc == 71)))
            [ "$(grep -c -e '--device cpu computes without a card' said)" = 1 ]
            [ ! -e f.h5 ]
            n=$((n + 1 + n / 7))
            calls=$((calls + 1))
        done
        rm f.h5
    done
    echo "note: $calls calls failed, $full for want of memory"
    [ $full -gt 9 ]
}

prove without_a_card_there_is_a_line \
    a_model_learns_the_same_there \
    and_is_recorded_the_same \
    a_run_that_was_cut_short_goes_on_there \
    an_alignment_is_the_same_there \
    so_is_one_that_was_cut_short \
    so_are_latent_losses_and_stand_ins \
    so_is_every_form_of_map \
    lstms_and_other_sites_too \
    transformers_too \
    an_architecture_without_kernels_is_named \
    pipelines_go_there_and_many_at_once \
    a_call_that_fails_is_a_line
conclude
