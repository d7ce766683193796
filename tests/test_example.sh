#!/bin/sh
# test_example.sh - make example-recording at toy size: a recording that pynwb
# wrote, imported, aligned, reported; judged by check_example.py.

. tests/pipeline.sh

made=$dir/smoke-2seeds
page=$made/example-recording/index.html
int=$made/interventions
pipeline() {                            # pipeline ARGUMENT...
    make -C "$root" --no-print-directory PROFILE=smoke RESULTS="$dir" "$@"
}

everything_is_made_from_nothing() {
    from=$(date +%s)
    pipeline -j2 example-recording >said
    echo "note: make example-recording: $(($(date +%s) - from)) s"
    pipeline -q example-recording
}

the_inspector_has_nothing_to_say() {
    grep -q '^recording.nwb: nwbinspector found 0 issues' said
    grep -q '^Found 0 issues' "$made/example-recording/recording.nwb.inspected"
}

a_file_that_it_objects_to_is_not_imported() {
    mkdir other
    sed 's/identifier="mas-example-recording"/identifier=""/;
        s/last, /last - 3, /; s/\[gap\[1\], last\]/[gap[1], last - 3]/' \
        "$root/tests/example/record_nwb.py" >record.py
    "$root/results/venv/bin/python" record.py \
        "$made"/activations/gru-multi-object-s3.align.activations.h5 \
        other/recording.nwb
    ends 2 pipeline EXAMPLE_NWB="$dir/other/recording.nwb" \
        "$dir/other/recording.nwb.inspected" -o "$dir/other/recording.nwb" \
        >objected
    grep -q 'nwbinspector found [1-9]' objected
    [ ! -e other/recording.nwb.inspected ]
}

what_the_report_shows_is_what_the_nwb_file_holds() {
    python3 "$root/tests/check_example.py" "$made"
}

the_page_tells_the_whole_story() {
    for title in 'What was recorded' 'Do units follow Count' \
        'Are there states to exchange for' 'Recordings' \
        'What follows, and what does not' 'The commands'; do
        grep -q "<h2>$title" "$page"
    done
    [ "$(grep -o '<svg' "$page" | wc -l)" = 10 ]
    grep -q 'IIA into a recording cannot be measured' "$page"
    grep -q "mas-import-recording --file recording.nwb .*--bin 0.1" "$page"
    grep -q -- '--units quality==good' "$page"
    grep -q '^mas-report --figure example-recording' "$page"
    sed -n '/^mas-report --figure/,/^mas-report --draw/p' "$page" >joined
    grep -q -- '--recording recording.align.activations.h5' joined
    grep -q -- '--interventions ' joined
    grep -q -- '^mas-report --draw report.h5 -o index.html' joined
    grep -q '<li>count = 0, phase = demo: train [1-9]' "$page"
    tr -s '\n ' ' ' <"$page" >text
    grep -q 'linear rule tells Count in 0\.[0-9]* of the test bins, and an exchange of Count that does nothing would be right in 0\.[0-9]* of the samples (chance)' text
    grep -q 'neither bounds the IIA' text
    grep -q 'Samples<th' text
    ends 1 grep -q 'Trials<th' text
}

names_in_the_page_are_each_used_once() {
    grep -o " id=[\"'][^\"']*" "$page" | sort | uniq -d >twice
    [ ! -s twice ]
}

a_command_on_the_page_makes_the_very_file() {
    sed -n '/^<pre.*mas-import-recording/,/-o recording/p' "$page" |
        sed "s/.*<code>mas-//; s/-o/--max-missing 0.4 -o/" >command
    ln -s "$made/example-recording/recording.nwb" .
    sh -c ". ./command"
    cmp recording.align.activations.h5 \
        "$made/activations/recording.align.activations.h5"
}

report_of() {                           # report_of OPTION...
    report --figure x --alignment "$(ls "$made"/alignments/*count.cmas.*.h5 |
        grep recording | head -n 1)" "$@" -o x.h5
}

a_recording_is_shown_without_interventions() {
    report_of --recording "$made/activations/recording.align.activations.h5"
    report --draw x.h5 -o x.html
    grep -q '<h2>What was recorded' x.html
    ends 1 grep 'Are there states to exchange for' x.html
}

interventions_want_their_own_recording() {
    into=$int/recording.count.to.recording.count.interventions.h5
    ends 64 report_of --interventions "$into" 2>err
    says_once 'of which --recording' err
    ends 65 report_of --interventions \
        "$int/recording.count.to.gru-multi-object-s1.count.interventions.h5" \
        --recording "$made/activations/recording.align.activations.h5" 2>err
    says_once 'its target is not the recording recording' err
}

only_a_recording_of_the_alignments_is_shown() {
    ends 65 report_of --recording \
        "$made/activations/gru-multi-object-s1.align.activations.h5" 2>err
    says_once 'gru-multi-object-s1.model.h5 is no recording' err
    sed 's/--zscore//; s/-o .*/-o other.h5/' command >unlike
    sh -c '. ./unlike'
    ends 65 report_of --recording other.h5 2>err
    says_once 'other.h5: none of the alignments is of these' err
}

prove everything_is_made_from_nothing \
    the_inspector_has_nothing_to_say \
    a_file_that_it_objects_to_is_not_imported \
    what_the_report_shows_is_what_the_nwb_file_holds \
    the_page_tells_the_whole_story \
    names_in_the_page_are_each_used_once \
    a_command_on_the_page_makes_the_very_file \
    a_recording_is_shown_without_interventions \
    interventions_want_their_own_recording \
    only_a_recording_of_the_alignments_is_shown
conclude
