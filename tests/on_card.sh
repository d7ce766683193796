#!/bin/sh
# on_card.sh PROGRAM OPTION... - a program on the emulated card, where it is one
# of those that compute there: make smoke DEVICE=cuda LAUNCH=tests/on_card.sh
there=${1%/*}/emulated/${1##*/}
[ ! -x "$there" ] || { shift; set -- "$there" "$@"; }
exec "$@"
