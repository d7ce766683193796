#!/bin/sh
# test_bytes.sh - the same inputs and options give the same bytes, however
# often, wherever and with however many threads.

. tests/pipeline.sh

# The later stages. Inputs from a folder, one deeper than here.
finish() {                              # finish FOLDER/ [OPTION...]
    from=$1
    shift
    align $(small_problem "$from") --batch 80 --epochs 4 --validate 3 \
        --null-draws 3 "$@" -o mas.alignment.h5
    align --system "1=${from}m.act.h5,${from}m.model.h5" \
        --direction "1:1=${from}m-m.int.h5" --preset das --batch 150 \
        --epochs 3 --null-draws 3 "$@" -o das.alignment.h5
    rsa --activations "1=${from}m.act.h5" --activations "2=${from}s.act.h5" \
        --rows 150 --draws 3 "$@" -o m-s.similarity.h5
    report --figure tiny --alignment "${from}mas.alignment.h5" \
        --ceiling "${from}das.alignment.h5" \
        --similarity "${from}m-s.similarity.h5" "$@" -o report.h5
    for form in tsv svg html; do
        report --draw "${from}report.h5" "$@" -o "tiny.$form"
    done
}

# Fresh sequences, chrono gates, a full exchange and its null.
finish_arithmetic() {                   # finish_arithmetic FOLDER/ [OPTION...]
    from=$1
    shift
    gen-data --task arithmetic --split train=130,valid=70,test=70 --seed 4 \
        "$@" -o a.data.h5
    train --data "${from}a.data.h5" --width 24 --epochs 3 --fresh \
        --init chrono --criterion none --batch 130 "$@" -o a.model.h5
    record-activations --model "${from}a.model.h5" \
        --data "${from}a.data.h5" "$@" -o a.act.h5
    build-cf-latents --target "${from}a.act.h5" --source "${from}m.act.h5" \
        --variable count:rem_ops --shuffle "$@" \
        --samples train=100,valid=50,test=50 -o m-a.shuffled.int.h5
    build-cf-latents --target "${from}a.act.h5" --source "${from}a.act.h5" \
        --variable full "$@" --samples train=100,valid=50,test=50 \
        -o a-a.full.int.h5
}

# All stages in a folder of its own, which then holds their hashes. What they
# read is what the first folder holds, so that each is judged alone.
run_all() {                             # run_all NAME [OPTION...]
    mkdir "$1"
    cd "$1"
    folder=$1
    shift
    [ "$folder" = first ] && inputs= || inputs=../first/
    small_systems "$inputs" "$@"
    finish "$inputs" "$@"
    finish_arithmetic "$inputs" "$@"
    sha256sum *.h5 tiny.tsv tiny.svg tiny.html >"../$folder.sums"
}

same_as_first() {                       # same_as_first NAME [OPTION...]
    run_all "$@"
    diff ../first.sums "../$1.sums"
}

every_stage_and_picture_can_be_made() {
    run_all first --threads 1
    [ "$(wc -l <../first.sums)" = 22 ]
}

made_twice_the_bytes_are_the_same() {
    same_as_first again --threads 1
}

two_threads_give_the_same_bytes() {
    same_as_first two --threads 2
}

three_threads_give_the_same_bytes() {
    same_as_first three --threads 3
}

# ...and there they are: without a folder for them align has no memory.
arrays_on_the_disk_give_the_same_bytes() {
    (
        cd first
        export TMPDIR=/nowhere
        ends 73 align $(small_problem) --epochs 1 --memory 1 \
            -o ../none.h5 2>../said
        grep -q '/nowhere: no room for an array' ../said
    )
    same_as_first disk --threads 1 --memory 1
}

the_environment_does_not_matter() {
    export OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=2 TZ=Asia/Tokyo
    export LC_ALL=C.UTF-8 OMP_DYNAMIC=true HOME=/nowhere
    same_as_first elsewhere --threads 2 --quiet
}

another_seed_gives_other_bytes() {
    cd first
    for seed in 1 2; do
        train --data m.data.h5 --width 8 --epochs 1 --criterion none \
            --threads 1 --seed $seed -o ../seed.$seed.h5
        align $(small_problem) --batch 80 --epochs 1 --null-draws 2 \
            --threads 1 --seed $seed -o ../align.$seed.h5
    done
    cd ..
    for value in seed:parameters/embedding.weight align:systems/2/Q; do
        h5dump -d "${value#*:}" "${value%:*}.1.h5" | tail -n +2 >1
        h5dump -d "${value#*:}" "${value%:*}.2.h5" | tail -n +2 >2
        grep -q DATA 1
        ends 1 cmp -s 1 2
    done
}

prove every_stage_and_picture_can_be_made \
    made_twice_the_bytes_are_the_same \
    two_threads_give_the_same_bytes \
    three_threads_give_the_same_bytes \
    arrays_on_the_disk_give_the_same_bytes \
    the_environment_does_not_matter \
    another_seed_gives_other_bytes
conclude
