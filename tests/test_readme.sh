#!/bin/sh
# test_readme.sh - the README's steps by hand, taken from there, with few
# samples and epochs.

. tests/pipeline.sh

# The block of a section, as it is typed.
block() {
    sed -n "/^## $1\$/,/^## /s/^    //p" "$root/README.md"
}

# Programs under the names that they are installed by, with options that the
# README does not give.
small() {                               # small PROGRAM OPTION...
    program=$1
    shift
    printf 'exec %s --quiet "$@" %s\n' "$program" "$*" >"mas-$program"
    chmod +x "mas-$program"
}

by_hand_leads_to_a_page() {
    small gen-data --max-quantity 3
    small train --criterion none --epochs 2 --width 8
    small record-activations
    small build-cf-latents --samples train=64,valid=32,test=32
    small align --epochs 2 --validate 2 --batch 32 --null-draws 2
    small report
    block 'By hand' >steps
    PATH=$dir:$PATH sh -ex steps
    grep -q '<svg' index.html
}

its_models_meet_the_criterion() {
    without=$(sed -n 's/^WITHOUT_gru-multi-object := //p' \
        "$root/pipelines/rules.mk")
    [ -n "$without" ]
    block 'By hand' | grep mas-train >trained
    [ "$(wc -l <trained)" = 2 ]
    for seed in $without; do
        ends 1 grep -e "--seed $seed " trained
    done
}

prove by_hand_leads_to_a_page \
    its_models_meet_the_criterion
conclude
