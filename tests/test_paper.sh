#!/bin/sh
# test_paper.sh - the whole paper, the sweeps and three systems with tiny
# sizes, by make.

. tests/pipeline.sh

figures='figure2 figure3 figure4 figure5 figure6 figure8 figure9 figure10'
more='dims-sweep lambda-sweep three-systems'
pretend=smoke-2seeds/pretend
pages=$dir/smoke-2seeds
pipeline() {                            # pipeline ARGUMENT...
    make -C "$root" --no-print-directory PROFILE=smoke RESULTS="$dir" "$@"
}

everything_is_made_in_one_go() {
    from=$(date +%s)
    pipeline -j2 paper $more pretend
    echo "note: make -j2 paper $more pretend: $(($(date +%s) - from)) s," \
        "$(find . -name '*.alignment.h5' | wc -l) alignments"
}

every_figure_has_its_page_and_pictures() {
    for f in $figures $more; do
        grep -q '<svg' "$pages/$f/index.html"
        [ "$(head -c 5 "$pages/$f/$f.pdf")" = %PDF- ]
        [ "$(head -n 1 "$pages/$f/$f.tsv" | cut -f 1)" = level ]
    done
}

# A base, UniMAS and four settings, of two variables in two directions.
recordings_that_are_models_are_held_against_them() {
    grep -q '<svg' $pretend/index.html
    [ "$(head -c 5 $pretend/pretend.pdf)" = %PDF- ]
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { print $at["target_variable"], $at["direction"], $at["departs"] }
        $at["iia"] == "NaN" || $at["distance"] == "NaN" { bad++ }
        $at["departs"] == "units" && $at["units"] != 4 { bad++ }
        $at["departs"] == "noise" && $at["noise"] != 0.3 { bad++ }
        $at["ceiling"] == "NaN" { bad++ }
        END { exit bad > 0 }' $pretend/pretend.tsv >lines
    [ "$(sort -u lines | wc -l)" = 28 ]
    [ "$(wc -l <lines)" = 28 ]
}

# Bars of a figure: panel, variable, method, site, map and K.
bars() {
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $1 == "bar" { print $at["panel"] "|" $at["bar"] "|" $at["method"] "|" \
            $at["site"] "|" $at["map"] "|" $at["dims"] }' \
        "$pages/$1/$1.tsv" | sort -u
}

figures_hold_what_they_are_said_to_hold() {
    [ "$(bars figure2 | grep -c '|mas|')" = 18 ]
    [ "$(bars figure2 | grep -c 'last_value|mas|embedding')" = 6 ]
    [ "$(bars figure3 | wc -l)" = 6 ]
    [ "$(bars figure4 | wc -l)" = 28 ]
    [ "$(bars figure4 | grep -c 'count, equal phases')" = 4 ]
    [ "$(bars figure4 | grep -c 'linear-map|hidden|affine')" = 8 ]
    [ "$(bars figure5 | wc -l)" = 5 ]
    [ "$(bars figure6 | wc -l)" = 3 ]
    [ "$(bars figure8 | grep -c LSTM)" = 15 ]
    [ "$(bars figure9 | grep -c '|full|')" = 18 ]
    [ "$(bars figure10 | grep -c '|count|')" = 18 ]
    [ "$(bars dims-sweep | wc -l)" = 8 ]
    [ "$(bars three-systems | wc -l)" = 2 ]
}

each_claim_stands_on_the_page_beside_a_number() {
    page=paper-smoke-2seeds/index.html
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
        grep -q "<td class=k>S$n<td>" $page
    done
    [ "$(grep -c '>not measured here' $page)" = 0 ]
    for f in $figures; do
        grep -q "href=[\"']*../smoke-2seeds/$f/index.html" $page
        grep -q "make $f PROFILE=smoke" $page
    done
}

alignments_are_listed_with_their_state() {
    ends 2 pipeline list FIGURES=figur6
    pipeline list FIGURES='figure6 figure9' >listed
    [ "$(grep -c 'up to date' listed)" = 70 ]
    rm -f "$(find . -name '*full-full.cmas.alignment.h5' | head -n 1)"
    touch smoke-2seeds/interventions/lstm-same-object-s1.full.to.*-s1.*
    pipeline list FIGURES=figure9 >listed
    [ "$(grep -c missing listed)" = 1 ]
    grep -q stale listed
}

nothing_is_made_twice() {
    pipeline -q paper $more pretend
}

a_figure_that_loses_a_bar_is_made_again() {
    pipeline -q figure6
    ends 1 pipeline -q figure6 HOLDING='mas cmas'
    pipeline -n figure6 HOLDING='mas cmas' >plan
    grep -q 'report .*--figure figure6' plan
    ends 1 grep 'align --threads' plan
    pipeline -n paper HOLDING='mas cmas' | grep -q 'report .*--claims'
}

more_seeds_answer_what_is_asked_of_them() {
    pipeline -j2 seeds SEEDS=3
    page=seeds-smoke-3seeds/index.html
    for n in 3 9 10 12; do
        grep -q "<td class=k>S$n<td>" $page
    done
    ends 1 grep '<td class=k>S[0-9]*<td>.*not measured here' $page
    grep -q 'Not asked here: S1' $page
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $1 == "bar" && $at["seeds_low"] != "NaN" { n++ } END { exit n < 3 }' \
        smoke-3seeds/seeds-figure2/seeds-figure2.tsv
}

other_seeds_and_pairs_have_folders_of_their_own() {
    pipeline -n PAIRING=all SEEDS=3 figure3 >plan
    grep -q smoke-3seeds-all plan
    [ "$(grep -c 'align --threads' plan)" -gt "$(pipeline -n SEEDS=3 figure3 |
        grep -c 'align --threads')" ]
    ends 2 pipeline -n SEEDS=1 figure3
}

prove everything_is_made_in_one_go \
    every_figure_has_its_page_and_pictures \
    recordings_that_are_models_are_held_against_them \
    figures_hold_what_they_are_said_to_hold \
    each_claim_stands_on_the_page_beside_a_number \
    nothing_is_made_twice \
    a_figure_that_loses_a_bar_is_made_again \
    more_seeds_answer_what_is_asked_of_them \
    other_seeds_and_pairs_have_folders_of_their_own \
    alignments_are_listed_with_their_state
conclude
