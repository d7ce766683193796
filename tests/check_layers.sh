#!/bin/sh
# check_layers.sh [ROOT] - includes point down the table of lib/LAYERS.
#
# A module may include the headers of modules on its own line or an earlier
# one. A file belongs to the module of its name (h5file_read.c to h5file), an
# alternative to the module of its folder (arch/gru.c to arch), where it may
# include that folder's own headers too. Kernels are the device's (arch/gru.cu). Only hid, h5file and foreign
# include <hdf5.h>; stages may include lib and schemas.

cd "${1:-.}" || exit

find lib schemas stages -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' | sort | xargs awk '
function module(path,  name) {
    name = path
    sub(/.*\//, "", name)
    sub(/\.(c|h|cu|cuh)$/, "", name)
    if (path ~ /^lib\/[^\/]+\//) {
        name = path
        sub(/^lib\//, "", name)
        sub(/\/.*/, "", name)
    } else if (!(name in line))
        sub(/_.*/, "", name)
    return name
}
function refuse(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
}
BEGIN {
    while ((getline row < "lib/LAYERS") > 0) {
        n++
        if (row ~ /^#/)
            continue
        count = split(row, names, " ")
        for (i = 1; i <= count; i++)
            line[names[i]] = n
    }
}
FNR == 1 {
    stage = FILENAME ~ /^stages\//
    own = FILENAME ~ /\.cuh?$/ ? "device" : module(FILENAME)
    folder = FILENAME
    sub(/[^\/]*$/, "", folder)
    if (!stage && !(own in line))
        refuse("module " own " is not in lib/LAYERS")
}
/^ *# *include *<hdf5/ && own !~ /^(hid|h5file|foreign)$/ {
    refuse("only hid, h5file and foreign include " $2)
}
/^ *# *include *"/ {
    split($0, part, "\"")
    header = part[2]
    if (header ~ /\.def$/)
        next
    other = header
    gsub(/\.\.\//, "", other)
    sub(/^(lib|schemas)\//, "", other)
    if (header !~ /\// && folder ~ /^lib\/.+\// &&
        (getline row < (folder header)) >= 0) {
        close(folder header)
        next
    }
    if (!sub(/\/.*/, "", other))
        other = module(other)
    if (!(other in line))
        refuse(header " is not in lib/LAYERS")
    else if (!stage && line[other] > line[own])
        refuse(own " may not include " header ": it stands above it")
}
END { exit bad }'
