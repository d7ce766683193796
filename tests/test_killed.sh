#!/bin/sh
# test_killed.sh - train and align, killed, stopped and failing: what stands,
# what is left, and whether they go on as if nothing had been.

. tests/pipeline.sh

# killed N OUTPUT COMMAND... - start it N times and kill it each time a little
# after it left a new checkpoint; and leave what one killed while it writes a
# checkpoint leaves.
killed() {
    times=$1 output=$2
    shift 2
    for i in $(seq "$times"); do
        before=$(stat -c '%i %y' "$output.ckpt" || true)
        "$@" &
        while [ "$(stat -c '%i %y' "$output.ckpt" || true)" = "$before" ]; do
            kill -0 $!
            sleep 0.01
        done
        sleep "0.0$i"
        kill -KILL $!
        ends 137 wait $!
        : >".$output.ckpt.$!.part"
        [ ! -e "$output" ]
    done 2>killed.err || { tail killed.err; return 1; }
}

# Nothing but outputs, their logs and what the tests wrote themselves.
nothing_is_left() {
    [ -z "$(ls -A | grep -E 'part$|lock$|ckpt$')" ]
}

train_small="train --data $dir/m.data.h5 --width 8 --criterion none
    --threads 1"

align_small="align $(small_problem "$dir/") --batch 64 --validate 7
    --null-draws 2 --threads 1"
align_whole="$align_small --no-early-stop"

# Meets the criterion after some 20 epochs.
easy="--width 16 --lr 0.003 --batch 32 --warmup 20 --dropout 0.1 --threads 1"
train_easy="train --data $dir/easy.data.h5 $easy"

everything_that_is_needed_can_be_made() {
    small_systems '' --threads 1
    gen-data --task same-object --max-quantity 2 --seed 1 \
        --split train=128,valid=32,test=64 -o easy.data.h5
}

in_a_folder() {
    mkdir "$1"
    cd "$1"
}

# ---- killed ----

a_training_killed_at_many_points_ends_with_the_same_bytes() {
    in_a_folder train
    $train_small --epochs 800 -o whole.h5
    killed 5 part.h5 $train_small --epochs 800 --checkpoint 0 -o part.h5
    $train_small --epochs 800 -o part.h5 2>said
    says_once 'going on after epoch' said
    cmp whole.h5 part.h5
    nothing_is_left
}

so_does_one_with_new_sequences_each_epoch() {
    in_a_folder fresh
    $train_small --fresh --epochs 500 -o whole.h5
    killed 2 part.h5 $train_small --fresh --epochs 500 --checkpoint 0 -o part.h5
    $train_small --fresh --epochs 500 -o part.h5
    cmp whole.h5 part.h5
    nothing_is_left
}

so_does_an_alignment() {
    in_a_folder align
    $align_whole --epochs 500 -o whole.h5
    killed 5 part.h5 $align_whole --epochs 500 --checkpoint 0 -o part.h5
    $align_whole --epochs 500 -o part.h5 2>said
    says_once 'going on after step' said
    cmp whole.h5 part.h5
    nothing_is_left
}

so_does_one_that_stops_when_it_has_converged() {
    in_a_folder converged
    $align_small --patience 600 -o whole.h5
    /usr/bin/python3 -c 'import h5py
a = h5py.File("whole.h5").attrs
assert a["converged"] and a["steps"] < 3000, dict(a)'
    killed 3 part.h5 $align_small --patience 600 --checkpoint 0 -o part.h5
    $align_small --patience 600 -o part.h5
    cmp whole.h5 part.h5
    nothing_is_left
}

# ---- stopped ----

a_signal_ends_a_program_as_signals_do_and_leaves_no_part() {
    in_a_folder signals
    for signal in INT:130 TERM:143 HUP:129; do
        for after in 0.15 0.2 0.25 0.3; do
            ends "${signal#*:}" timeout --preserve-status \
                -s "${signal%:*}" $after $train_small \
                --epochs 1000000 --checkpoint 0 -o x.h5
            ends "${signal#*:}" timeout --preserve-status \
                -s "${signal%:*}" $after $align_whole \
                --epochs 1000000 --checkpoint 0 -o y.h5
            [ -z "$(ls -A | grep -E 'part$|lock$|\.h5$')" ]
        done
    done
    ls x.h5.ckpt y.h5.ckpt
}

# ---- checkpoints that do not fit ----

a_checkpoint_of_other_options_is_ignored_with_one_line() {
    in_a_folder other
    ends 20 $train_easy --epochs 2 -o m.h5
    cp m.h5.ckpt kept.ckpt
    $train_easy --seed 2 -o whole.h5
    $train_easy --seed 2 -o m.h5 2>said
    says_once 'checkpoint ignored' said
    cmp whole.h5 m.h5

    cp kept.ckpt a.h5.ckpt
    $align_whole --epochs 2 -o whole-a.h5
    $align_whole --epochs 2 -o a.h5 2>said
    says_once 'checkpoint ignored' said
    cmp whole-a.h5 a.h5
    rm kept.ckpt
    nothing_is_left
}

so_is_one_of_other_inputs() {
    in_a_folder inputs
    ends 20 $train_easy --epochs 2 -o m.h5
    gen-data --task same-object --max-quantity 2 --seed 9 \
        --split train=128,valid=32,test=64 -o easy.data.h5
    train --data easy.data.h5 $easy -o m.h5 2>said
    says_once 'checkpoint ignored' said
    ends 1 grep 'going on' said
    nothing_is_left
}

so_is_one_that_is_damaged() {
    in_a_folder damaged
    $train_easy -o whole.h5
    ends 20 $train_easy --epochs 2 -o m.h5
    head -c 3000 m.h5.ckpt >short
    rm m.h5.ckpt
    cp short m.h5.ckpt
    $train_easy -o m.h5 2>said
    says_once 'checkpoint ignored' said
    cmp whole.h5 m.h5
    nothing_is_left
}

# ---- failing ----

a_missed_criterion_is_20_and_more_epochs_go_on_from_there() {
    in_a_folder criterion
    $train_easy --epochs 600 -o whole.h5
    ends 20 $train_easy --epochs 3 -o m.h5
    [ ! -e m.h5 ]
    ends 20 $train_easy --epochs 5 -o m.h5 2>said
    says_once 'going on after epoch 3' said
    [ ! -e m.h5 ]
    $train_easy --epochs 600 -o m.h5 2>said
    says_once 'going on after epoch 5' said
    cmp whole.h5 m.h5
    nothing_is_left
}

more_epochs_go_on_with_a_killed_alignment_too() {
    in_a_folder extent
    $align_whole --epochs 700 -o whole.h5
    killed 2 part.h5 $align_whole --epochs 500 --checkpoint 0 -o part.h5
    $align_whole --epochs 700 -o part.h5 2>said
    says_once 'going on after step' said
    cmp whole.h5 part.h5
    nothing_is_left
}

fewer_epochs_are_refused_and_leave_the_checkpoint() {
    in_a_folder fewer
    ends 20 $train_easy --epochs 5 -o m.h5
    killed 1 a.h5 $align_whole --epochs 500 --checkpoint 0 -o a.h5
    cp m.h5.ckpt m
    cp a.h5.ckpt a
    ends 64 $train_easy --epochs 2 -o m.h5 2>said
    grep -q '^train: m.h5: --epochs: m.h5.ckpt is of a longer run: ' said
    ends 64 $align_whole --epochs 1 -o a.h5 2>said
    grep -q '^align: a.h5: --epochs: a.h5.ckpt is of a longer run: ' said
    cmp m m.h5.ckpt
    cmp a a.h5.ckpt
    ends 20 $train_easy --epochs 6 -o m.h5 2>said
    says_once 'going on after epoch 5' said
    $align_whole --epochs 500 -o a.h5 2>said
    says_once 'going on after step' said
    rm m.h5.ckpt
    nothing_is_left
}

divergence_is_20_and_writes_no_output() {
    in_a_folder diverged
    for epochs in 1 2 5; do
        ends 20 $train_small --batch 192 --lr 1e30 --epochs $epochs \
            -o m.h5 2>said
        [ "$(grep -vc '^+' said)" = 1 ]
        grep -q '^train: m.h5: .*diverged' said
        ends 20 $align_whole --batch 192 --lr 1e20 --epochs $epochs \
            -o a.h5 2>said
        [ "$(grep -vc '^+' said)" = 1 ]
        grep -q '^align: a.h5: .*diverged' said
        [ -z "$(ls -A | grep -E '\.h5$|part$|lock$')" ]
    done
}

a_missing_folder_is_73_before_any_work() {
    in_a_folder missing
    ends 73 $train_small --epochs 1000000 -o none/m.h5
    ends 73 $align_whole --epochs 1000000 -o none/a.h5
    nothing_is_left
}

prove everything_that_is_needed_can_be_made \
    a_training_killed_at_many_points_ends_with_the_same_bytes \
    so_does_one_with_new_sequences_each_epoch \
    so_does_an_alignment \
    so_does_one_that_stops_when_it_has_converged \
    a_signal_ends_a_program_as_signals_do_and_leaves_no_part \
    a_checkpoint_of_other_options_is_ignored_with_one_line \
    so_is_one_of_other_inputs \
    so_is_one_that_is_damaged \
    a_missed_criterion_is_20_and_more_epochs_go_on_from_there \
    more_epochs_go_on_with_a_killed_alignment_too \
    fewer_epochs_are_refused_and_leave_the_checkpoint \
    divergence_is_20_and_writes_no_output \
    a_missing_folder_is_73_before_any_work
conclude
