#!/bin/sh
# test_pipeline.sh - figure 3 with tiny sizes, from nothing, by make.

. tests/pipeline.sh

made=smoke-2seeds
pipeline() {                            # pipeline RESULTS ARGUMENT...
    results=$1
    shift
    make -C "$root" --no-print-directory PROFILE=smoke RESULTS="$results" "$@"
}

# Programs that make would run.
would_run() {
    pipeline "$@" -n figure3 >plan
    grep -oE '[a-z-]+ --threads|rsvg-convert' plan | cut -d' ' -f 1 | sort -u
}

# Files of a results folder that are newer than a file, logs aside.
newer() {
    find "$1" -type f -newer "$2" ! -name '*.log.json' -printf '%f\n' | sort
}

# Names and hashes of all that was made, logs aside.
hashes() {
    (cd "$1" && find . -type f ! -name '*.log.json' -print0 | sort -z |
        xargs -0 sha256sum)
}

remember_time() {
    touch mark
    sleep 0.02
}

# ---- from nothing ----

smoke_ends_well() {
    from=$(date +%s%N)
    pipeline "$dir/one" -j1 smoke
    echo "note: make -j1 smoke: $((($(date +%s%N) - from) / 1000000)) ms"
    grep -c . "one/$made/figure3/figure3.tsv"
}

every_file_is_what_strangers_expect() {
    find one -name '*.h5' >files
    for kind in data model activations interventions alignment similarity; do
        grep -q "\.$kind\.h5\$" files
    done
    grep -q /report.h5 files
    (cd "$root" && /usr/bin/python3 tests/h5py_check.py \
        $(sed "s|^|$dir/|" "$dir/files"))
    while read -r file; do
        h5dump -H "$file" >dump
        grep -q 'ATTRIBUTE "kind"' dump
    done <files
}

nothing_half_made_is_left() {
    find one two both -name '*.part' -o -name '*.lock' -o -name '*.ckpt' >left
    [ ! -s left ]
}

what_was_made_is_read_only() {
    find one -type f ! -path '*/options/*' ! -perm 0444 >writable
    [ ! -s writable ]
}

the_figure_stands_in_every_form() {
    cd "one/$made/figure3"
    /usr/bin/python3 -c 'import xml.dom.minidom as x; x.parse("figure3.svg")'
    [ "$(head -c 5 figure3.pdf)" = %PDF- ]
    [ "$(head -c 4 figure3.png | tail -c 3)" = PNG ]
    grep -q '<svg' index.html
    awk -F '\t' 'NR == 1 { n = NF } NF != n { exit 1 }
        END { exit NR < 2 }' figure3.tsv
}

the_page_needs_nothing_but_itself() {
    cd "one/$made/figure3"
    ends 1 grep -oiE '(src|href|data|action|poster) *= *"[^#"][^"]*"' index.html
    ends 1 grep -oiE 'url\([^#)]*\)|@import.*' index.html
    ends 1 grep -iE '<(script|link|iframe|object|embed|base|meta http)' \
        index.html
}

# ---- again ----

there_is_nothing_to_do_twice() {
    remember_time
    from=$(date +%s%N)
    pipeline "$dir/one" -q figure3
    echo "note: make -q figure3: $((($(date +%s%N) - from) / 1000000)) ms"
    pipeline "$dir/one" smoke
    [ -z "$(newer one mark)" ]
}

a_learning_rate_is_no_matter_of_training() {
    would_run "$dir/one" ALIGN='--lr 0.01' >programs
    [ "$(echo $(cat programs))" = "align report rsvg-convert" ]
    grep align plan | grep -e '--lr 0.01' | grep -q -e '--epochs 2'
    [ "$(grep -c 'align --threads' plan)" = \
      "$(find one -name '*.alignment.h5' | wc -l)" ]
}

options_of_each_stage_remake_what_follows() {
    would_run "$dir/one" RSA='--rows 21' >programs
    [ "$(echo $(cat programs))" = "report rsa rsvg-convert" ]
    would_run "$dir/one" PAIRS='--match phase' >programs
    [ "$(echo $(cat programs))" = \
      "align build-cf-latents report rsvg-convert" ]
    would_run "$dir/one" 'drawn.shuffled=--shuffle --seed 7' >programs
    [ "$(echo $(cat programs))" = \
      "align build-cf-latents report rsvg-convert" ]
    ends 1 grep 'build-cf-latents --threads.*rem_ops.interventions' plan
    would_run "$dir/one" TRAIN='--lr 0.002' >programs
    ends 1 grep gen-data programs
    [ "$(wc -l <programs)" = 7 ]
}

changing_an_option_and_back_gives_the_same_files() {
    hashes one >before
    remember_time
    pipeline "$dir/one" -j2 ALIGN='--lr 0.01' figure3
    newer "one/$made" mark | grep -v -e '\.alignment\.h5$' >remade
    echo align align.shuffled figure3 figure3.pdf figure3.png figure3.svg \
        figure3.tsv index.html report.h5 | tr ' ' '\n' | cmp - remade
    hashes one >between
    ends 1 cmp -s before between
    remember_time
    pipeline "$dir/one" -j2 figure3
    newer "one/$made" mark | grep -v -e '\.alignment\.h5$' | cmp - remade
    hashes one | cmp - before
    pipeline "$dir/one" -q figure3
}

a_lost_file_brings_back_its_cone_and_nothing_else() {
    hashes one >before
    sample=gru-multi-object-s1.count.to.gru-arithmetic-s1.rem_ops
    pair=gru-arithmetic-s1.gru-multi-object-s1.rem_ops-count.mas
    rm -f "one/$made/interventions/$sample.interventions.h5"
    remember_time
    pipeline "$dir/one" figure3
    newer one mark >remade
    printf '%s\n' figure3.pdf figure3.png figure3.svg figure3.tsv \
        "$pair.alignment.h5" "$sample.interventions.h5" index.html report.h5 |
        sort | cmp - remade
    hashes one | cmp - before
}

# ---- in other ways ----

two_jobs_make_the_same_bytes() {
    pipeline "$dir/two" -j2 smoke
    hashes one >before
    hashes two | cmp before -
}

two_makes_at_once_do_no_harm() {
    (pipeline "$dir/both" -j2 smoke) >first 2>&1 &
    pipeline "$dir/both" -j2 smoke
    wait $!
    hashes one >before
    hashes both | cmp before -
    pipeline "$dir/both" -q figure3
}

strict_files_follow_their_programs() {
    pipeline "$dir/one" -q STRICT=1 figure3
    ends 1 pipeline "$dir/one" -q STRICT=1 -W "${BUILD:-build}/align" figure3
    pipeline "$dir/one" -q -W "${BUILD:-build}/align" figure3
}

seeds_and_profiles_have_folders_of_their_own() {
    pipeline "$dir/one" -n SEEDS=3 figure3 >plan
    grep -q smoke-3seeds/models/gru-same-object-s3.model.h5 plan
    ends 1 grep smoke-2seeds plan
    make -C "$root" --no-print-directory RESULTS="$dir/one" PROFILE=paper \
        -n figure3 >plan
    grep -q paper-2seeds plan
    grep -e --no-early-stop plan | grep -q align
    ends 1 grep smoke plan
    ends 2 pipeline "$dir/one" -n PROFILE=smok figure3
    ends 2 pipeline "$dir/one" -n PAIRING=some figure3
}

the_command_is_what_one_typed_that_matters() {
    (SEEDS=3; export SEEDS; pipeline "$dir/one" MINUTES=5 ALIGN='--lr  0.01' \
        -n figure3) >plan
    command=$(sed -n 's/.*--command \(.*\) --alignment.*/\1/p' plan)
    eval "eval set -- ${command%% --alignment*}"    # as report, then one, reads
    [ "$(printf '%s\n' "$@" | sort | tr '\n' ' ')" = \
      'ALIGN=--lr 0.01 PROFILE=smoke SEEDS=3 figure3 make ' ]
}

quotes_in_an_option_stay_what_they_are() {
    stamp=$dir/quotes/$made/options/align
    option="--note 'rate>5'"
    pipeline "$dir/quotes" ALIGN="$option" "$stamp"
    grep -q -e "$option --epochs" "$stamp"
    pipeline "$dir/quotes" -q ALIGN="$option" "$stamp"
}

prove smoke_ends_well \
    every_file_is_what_strangers_expect \
    what_was_made_is_read_only \
    the_figure_stands_in_every_form \
    the_page_needs_nothing_but_itself \
    there_is_nothing_to_do_twice \
    a_learning_rate_is_no_matter_of_training \
    options_of_each_stage_remake_what_follows \
    changing_an_option_and_back_gives_the_same_files \
    a_lost_file_brings_back_its_cone_and_nothing_else \
    two_jobs_make_the_same_bytes \
    two_makes_at_once_do_no_harm \
    nothing_half_made_is_left \
    strict_files_follow_their_programs \
    seeds_and_profiles_have_folders_of_their_own \
    the_command_is_what_one_typed_that_matters \
    quotes_in_an_option_stay_what_they_are
conclude
