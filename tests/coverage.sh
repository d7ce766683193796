#!/bin/sh
# coverage.sh BUILD - lines that ran, a row a module, from what gcov knows of
# a build directory. A line counts once, whichever build of it ran.

find "$1" -name '*.gcda' -path '*/lib/*' -o -name '*.gcda' -path '*/stages/*' |
    sort | xargs gcov -t 2>/dev/null | awk -F : '
    $3 == "Source" { file = $4; next }
    file !~ /^(lib|stages)\/.*\.c$/ { next }
    { count = $1; gsub(/[ *]/, "", count); line = file ":" $2 + 0 }
    count == "-" || $2 + 0 == 0 { next }
    !(line in ran) { lines[file]++; ran[line] = 0 }
    count ~ /^[0-9]/ && !ran[line] { ran[line] = 1; hit[file]++ }
    END {
        for (f in lines) {
            module = f
            sub(/\.c$/, "", module)
            if (module ~ /^lib\/[^\/]*_/)
                sub(/_[^_\/]*$/, "", module)
            n[module] += lines[f]
            h[module] += hit[f]
        }
        for (m in n) {
            printf "%-28s %5d of %5d lines  %5.1f %%\n", m, h[m], n[m],
                100 * h[m] / n[m] | "sort"
            all += n[m]
            any += h[m]
        }
        close("sort")
        if (all)
            printf "%-28s %5d of %5d lines  %5.1f %%\n", "all", any, all,
                100 * any / all
    }'
