#!/bin/sh
# test_methods.sh - presets, held systems and latent losses through the
# programs; what the methods have in common, and what they compute again from
# their files by check_latent.py and check_iia.py.

. tests/pipeline.sh

one="--system 1=m.act.h5,m.model.h5"
both="$one --system 2=s.act.h5,s.model.h5"
small="--batch 192 --epochs 40 --validate 4 --null-draws 5 --no-early-stop"

# learn NAME OPTION... - an alignment by steps that see every training sample.
learn() {
    out=$1
    shift
    align --threads 1 --quiet "$@" $small -o "$out.h5"
}

same() {
    /usr/bin/python3 "$root/tests/h5same.py" "$@"
}

# check WHAT NAME ARGUMENTS [WHAT NAME ARGUMENTS]... - compute alignments again
# by check_WHAT.py, in one process: loading PyTorch takes longer than they do.
check() {
    failed_checks=0
    OMP_NUM_THREADS=1 /usr/bin/python3 - "$root/tests" "$@" \
        >checked <<'PYTHON' || failed_checks=1
import runpy, sys
folder, *words = sys.argv[1:]
sys.path.insert(0, folder)
failed = 0
while words:
    what, name, arguments, *words = words
    sys.argv = [what, "--alignment", name + ".h5", *arguments.split()]
    try:
        runpy.run_path(f"{folder}/check_{what}.py", run_name="__main__")
    except SystemExit as end:
        print(name, "failed" if end.code else "agrees")
        failed |= end.code
sys.exit(failed)
PYTHON
    grep -e FAIL -e ' failed' checked
    return $failed_checks
}

systems_are_made() {
    small_systems '' --threads 1 --quiet
}

das_is_mas_of_one_system() {
    learn das $one --direction 1:1=m-m.int.h5 --preset das
    learn mas1 $one --direction 1:1=m-m.int.h5 --preset mas
    same das.h5 mas1.h5 --but preset
    ends 1 same das.h5 mas1.h5
}

a_linear_map_is_one_direction_with_all_dimensions() {
    learn map $both --direction 2:1=s-m.int.h5 --preset linear-map
    learn given $both --direction 2:1:behaviour=s-m.int.h5 --dims 8
    same map.h5 given.h5 --but preset
    learn half $both --direction 2:1:behaviour=s-m.int.h5 --dims 4
    ends 1 same map.h5 half.h5 --but preset
}

a_held_model_is_scored_and_nothing_else() {
    learn held $(small_problem) --preset cmas --hold 2
    learn closed $(small_problem | sed s/,s.model.h5//) --preset cmas
    same held.h5 closed.h5 --only systems history sanity
    ends 1 same held.h5 closed.h5 --only directions
    /usr/bin/python3 - <<'PYTHON'
import h5py, numpy as np
held, closed = (h5py.File(n)["directions"][()] for n in
                ("held.h5", "closed.h5"))
for a, b in zip(held, closed):
    for name in held.dtype.names:
        if a["target"] == 1 or name in (
                "source", "target", "source_variable", "target_variable",
                "role", "n_train", "n_valid", "n_test", "latent_n",
                "latent_distance", "latent_cosine", "nearest",
                "nearest_recorded"):
            assert a[name] == b[name], name
        elif name in ("iia_train", "iia_valid"):
            assert np.isnan(a[name]) and np.isnan(b[name]), name
        else:
            assert not np.isnan(a[name]) and np.isnan(b[name]), name
assert list(held["role"]) == list(closed["role"]) == [0, 0, 1, 1]
with h5py.File("held.h5") as f, h5py.File("closed.h5") as g:
    assert sorted(f["test"]) == ["1to1", "1to2", "2to1", "2to2"]
    assert sorted(g["test"]) == ["1to1", "2to1"]
    for name in g["test"]:
        for k in ("correct", "loss"):
            assert (f["test"][name][k][()] == g["test"][name][k][()]).all()
    assert list(f["models"]["held"]) == [False, True]
    assert list(g["models"]["held"]) == [False, False]
PYTHON
}

only_the_role_makes_a_trace() {
    learn uni $(small_problem) --preset unimas --hold 2
    learn few $both --direction 1:1:behaviour=m-m.int.h5 \
        --direction 2:1:behaviour=s-m.int.h5
    same uni.h5 few.h5 --only systems history
    ends 1 same uni.h5 held.h5 --only systems
}

latents_teach_what_pytorch_learns_from_them() {
    learn l1 $(small_problem) --preset cmas --hold 1 --latent-norm l1 \
        --lambda 0.2
    stitched="$(echo $both | sed 's/,..model.h5//g') --direction 1:2=m-s.int.h5"
    learn stitch $stitched --preset latent-stitching \
        --latent-norm l2
    check latent held "$(small_problem) --retrain 0.003" \
        latent l1 "$(small_problem) --retrain 0.003" \
        latent stitch "$stitched --retrain 0.003"
    ends 1 same l1.h5 held.h5 --only systems
}

so_are_unimas_and_a_linear_map() {
    check latent uni "$(small_problem)" \
        latent map "$both --direction 2:1=s-m.int.h5 --retrain 0.003"
}

so_is_cmas_between_an_lstm_and_a_transformer() {
    for a in lstm transformer; do
        train --data m.data.h5 --arch $a --width 6 --seed 4 --lr 0.01 \
            --epochs 20 --criterion none --threads 1 --quiet -o $a.model.h5
        record-activations --model $a.model.h5 --data m.data.h5 --threads 1 \
            --quiet -o $a.act.h5
    done
    cells="--system 1=lstm.act.h5,lstm.model.h5"
    cells="$cells --system 2=transformer.act.h5,transformer.model.h5"
    for d in 1:1:lstm:lstm 2:1:transformer:lstm 1:2:lstm:transformer \
        2:2:transformer:transformer; do
        set -- $(echo $d | tr : ' ')
        build-cf-latents --source $3.act.h5 --target $4.act.h5 \
            --variable count --samples train=96,valid=64,test=96 \
            --threads 1 --quiet -o $1-$2.int.h5
        cells="$cells --direction $1:$2=$1-$2.int.h5"
    done
    learn cells $cells --preset cmas --hold 1
    check latent cells "$cells --retrain 0.003"
}

stored_maps_score_as_they_did_when_learnt() {
    align --threads 1 --quiet --apply held.h5 $(small_problem) \
        --null-draws 5 -o applied.h5
    /usr/bin/python3 - <<'PYTHON'
import h5py, numpy as np
held, applied = (h5py.File(n)["directions"][()] for n in
                 ("held.h5", "applied.h5"))
assert list(applied["role"]) == [2] * 4
for name in held.dtype.names:
    a, b = held[name], applied[name]
    if name in ("iia_train", "iia_valid"):
        assert (np.isnan(a) == [False, False, True, True]).all(), name
        assert np.isnan(b).all(), name
    elif a.dtype.kind == "f":
        assert np.allclose(a, b, rtol=1e-6, atol=0), name
    elif name != "role":
        assert (a == b).all(), name
PYTHON
}

# The check itself must see a bent scale, and a latent of another sample.
the_check_sees_what_is_wrong() {
    cp held.h5 bent.h5
    cp m-s.int.h5 bent.int.h5
    chmod u+w bent.h5 bent.int.h5
    /usr/bin/python3 - <<'PYTHON'
import h5py
with h5py.File("bent.h5", "r+") as f:
    f["systems/2/c"][()] *= 1.01
with h5py.File("bent.int.h5", "r+") as f:
    f["cf_row"][:] = f["cf_row"][()][::-1]
PYTHON
    ends 1 check latent bent "$(small_problem | sed s/m-s.int/bent.int/)"
    grep '^FAIL 2to1 nearest:' checked
    grep '^FAIL step 0 X' checked
    grep '^ok   2to2 distance' checked
}

three_systems_have_nine_directions() {
    train --data m.data.h5 --width 6 --seed 3 --lr 0.01 --epochs 60 \
        --criterion none --threads 1 --quiet -o t.model.h5
    record-activations --model t.model.h5 --data m.data.h5 --threads 1 \
        --quiet -o t.act.h5
    for d in m:t t:m s:t t:s t:t; do
        build-cf-latents --source "${d%:*}.act.h5" --target "${d#*:}.act.h5" \
            --variable count --samples train=192,valid=64,test=96 \
            --threads 1 --quiet -o "${d%:*}-${d#*:}.int.h5"
    done
    nine="$(small_problem) --system 3=t.act.h5,t.model.h5 \
        --direction 1:3=m-t.int.h5 --direction 3:1=t-m.int.h5 \
        --direction 2:3=s-t.int.h5 --direction 3:2=t-s.int.h5 \
        --direction 3:3=t-t.int.h5"
    learn nine $nine
    learn hold $nine --preset cmas --hold 2,3
    check iia nine "$nine" latent hold "$nine --retrain 0.003"
    ends 64 align $(echo $nine | sed 's/--direction 3:2=[^ ]*//') -o x.h5
}

prove systems_are_made \
    das_is_mas_of_one_system \
    a_linear_map_is_one_direction_with_all_dimensions \
    a_held_model_is_scored_and_nothing_else \
    only_the_role_makes_a_trace \
    latents_teach_what_pytorch_learns_from_them \
    so_are_unimas_and_a_linear_map \
    so_is_cmas_between_an_lstm_and_a_transformer \
    stored_maps_score_as_they_did_when_learnt \
    the_check_sees_what_is_wrong \
    three_systems_have_nine_directions
conclude
