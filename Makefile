# Model Alignment Search. `make help` lists the targets.
#
# Object files keep the paths of their sources: build/lib/err.o from
# lib/err.c. A new file in lib/, schemas/, stages/ or tests/ needs no line
# here. BUILD names another build directory, EXTRA more compiler flags,
# WERROR=1 makes warnings errors, V=1 shows the commands. With other flags all
# is compiled again.

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
RESULTS ?= results
CC      := gcc
CXX     := g++
CFLAGS  := -O3 -g
EXTRA   :=

LANGUAGE := -std=c17 -ffp-contract=off -fno-math-errno -fno-trapping-math \
            -D_GNU_SOURCE -DH5_USE_110_API -fopenmp
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wvla \
            -Wconversion $(if $(WERROR),-Werror)
PACKAGES := hdf5 openblas lapacke libcrypto libseccomp zlib jansson

# What Debian calls the things that are needed.
DEBIAN      := gcc libc6-dev pkg-config git libhdf5-dev libopenblas-dev \
               liblapacke-dev libssl-dev libseccomp-dev zlib1g-dev \
               libjansson-dev gnuplot-nox librsvg2-bin fonts-dejavu-core
DEBIAN_TEST := g++ libcmocka-dev hdf5-tools strace python3 python3-h5py \
               python3-numpy python3-scipy python3-torch python3-venv \
               libmatio11
DEBIAN_LINT := clang-tidy cppcheck valgrind libomp-dev

MAKEFLAGS += -r
ifeq ($(MAKELEVEL),0)                   # -j on the command line has its way
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDEXPANSION:
.PHONY: FORCE all help deps deps-python deps-test deps-lint test bench bench-torch \
        bench-cuda bench-maps bench-scale check-layers coverage sanitize \
        sanitize-cuda fuzz memcheck lint install clean

Q   := $(if $(V),,@)
say  = @printf '  %-4s %s\n' $(1) $(2)

# With nvcc programs run on cards too; make NVCC= leaves that out.
CARDS  := 80 90
NEWEST := $(lastword $(CARDS))
NVCC   := $(firstword $(shell command -v nvcc) \
                      $(wildcard /usr/local/cuda/bin/nvcc))
KNOWS  := $(if $(NVCC),$(shell $(NVCC) --list-gpu-arch 2>/dev/null))
NO     := $(if $(NVCC),$(if $(filter compute_$(NEWEST),$(KNOWS)),,nvcc too old),no nvcc)
override NVCC := $(if $(NO),,$(NVCC))
DEBIAN += $(if $(NVCC),g++)
CUDA   := $(patsubst %/bin/nvcc,%,$(realpath $(NVCC)))
CUDA_C := $(filter-out lib/device/none.c,$(wildcard lib/device/*.c))
CUDA_K := $(wildcard lib/arch/*.cu lib/device/*.cu)

COMMON   := $(filter-out lib/device/%,$(wildcard lib/*.c lib/*/*.c)) \
            $(wildcard schemas/*.c)
LIBRARY  := $(COMMON) $(if $(NVCC),$(CUDA_C),lib/device/none.c)
KERNELS  := $(if $(NVCC),$(CUDA_K))
PROGRAMS := $(patsubst stages/%.c,$(BUILD)/%,$(sort $(wildcard stages/*.c)))
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,\
              $(sort $(wildcard tests/test_*.c)))
# Of these, those that run on the emulated card (tests/cuda) besides.
TWICE    := $(patsubst $(BUILD)/tests/%,$(BUILD)/emulated/%,\
              $(filter %/test_parity %/test_parity_align,$(TESTS)))
CHECKS   := tests/check_layers.sh \
              $(sort $(wildcard tests/test_*.sh tests/test_*.py))
BENCHES  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/bench/*.c)))

# `make deps figure3` installs and builds in one run: all that is compiled
# waits for the packages (order-only), and pkg-config is asked in recipes.
NEEDS := $(firstword $(if $(filter memcheck,$(MAKECMDGOALS)),deps-lint) \
           $(if $(filter test test-%,\
               $(filter-out test-science,$(MAKECMDGOALS))),deps-test) \
           $(filter deps-test deps,$(MAKECMDGOALS)))

export BUILD

all: $(PROGRAMS)  ## build the programs (the default)

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / { sub("%", "<name>", $$1); \
	    printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- building ----

cflags = $(LANGUAGE) $(WARNINGS) $(CFLAGS) $(EXTRA)

# The kernels may multiply and add at once, and round once.
$(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/kern*.c lib/kern/*.c)) \
$(patsubst %.c,$(BUILD)/double/%.o,$(wildcard lib/kern*.c lib/kern/*.c)): \
    cflags += -ffp-contract=fast
compile = $(CC) $(cflags) $$(pkg-config --cflags $(PACKAGES)) -MMD -MP -c
link = $(CC) $(cflags) -o $@.$$$$ $^ $$(pkg-config --libs $(PACKAGES)) \
           -lhdf5_serial_hl -lm $(if $(NVCC),-L$(CUDA)/lib64 \
           -lcudart_static -ldl -lpthread -lrt) $1 && mv -f $@.$$$$ $@

# Kernels: for these cards, and as PTX for later ones. No C++ library.
nvcc = $(NVCC) -std=c++17 -O3 $(if $(WERROR),-Werror all-warnings) \
       $(foreach n,$(CARDS),-gencode arch=compute_$n,code=sm_$n) \
       -gencode arch=compute_$(NEWEST),code=compute_$(NEWEST) \
       -Xcompiler -fno-exceptions,-fno-rtti,-fno-threadsafe-statics -MMD -MP -c

$(BUILD)/lib/device/%.o: \
    override EXTRA += $(if $(NVCC),-isystem $(CUDA)/include)

$(BUILD)/%.cu.o: %.cu $(BUILD)/flags | $(NEEDS)
	$(call say,NVCC,$<)
	@mkdir -p $(@D)
	$(Q)$(nvcc) -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/flags | $(NEEDS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(compile) -o $@ $<

$(BUILD)/double/%.o: %.c $(BUILD)/flags | $(NEEDS)
	$(call say,CC,"$< (double)")
	@mkdir -p $(@D)
	$(Q)$(compile) -DREAL=double -o $@ $<

define archive
	$(call say,AR,$@)
	$(Q)rm -f $@.$$$$ && $(AR) rcs $@.$$$$ $^ && mv -f $@.$$$$ $@
endef

$(BUILD)/libmas.a: $(LIBRARY:%.c=$(BUILD)/%.o) $(KERNELS:%=$(BUILD)/%.o)
	$(call say,CUDA,$(if $(NVCC),"yes ($(CARDS:%=sm_%) + PTX)","no: $(NO)"))
	$(archive)

$(BUILD)/double/libmas.a: $(patsubst %.c,$(BUILD)/double/%.o,\
                              $(COMMON) lib/device/none.c)
	$(archive)

$(PROGRAMS): $(BUILD)/%: $(BUILD)/stages/%.o $(BUILD)/libmas.a
	$(call say,LD,$@)
	$(Q)$(call link)

$(BUILD)/bench/bench: $(BENCHES) $(BUILD)/libmas.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link)

FUZZER := $(BUILD)/fuzz/fuzz_import
$(FUZZER): $(BUILD)/tests/fuzz/fuzz_import.o $(BUILD)/libmas.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link)

# Tests named *_double meet the library with real = double.
$(BUILD)/tests/%_double: $(BUILD)/double/tests/%_double.o \
                         $(BUILD)/double/libmas.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,-lcmocka)

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libmas.a
	$(call say,LD,$@)
	$(Q)$(call link,-lcmocka)

# The CUDA side on a card that tests emulate (tests/cuda). As on a card what is
# not aligned as its type asks is an end.
EMULATED := $(patsubst %,$(BUILD)/emulated/%.o,\
                $(CUDA_C) $(CUDA_K) tests/cuda/emulate.cc)
emulate = $(CXX) -std=c++17 $(filter-out -Wstrict-prototypes -Wconversion \
              -Wpedantic,$(WARNINGS)) -Wno-unknown-pragmas $(CFLAGS) \
              -fsanitize=alignment -fsanitize-undefined-trap-on-error \
              -Itests/cuda -MMD -MP -c -o $@

$(BUILD)/emulated/%.c.o: %.c $(BUILD)/flags | $(NEEDS)
	$(call say,CC,"$< (emulated)")
	@mkdir -p $(@D)
	$(Q)$(compile) -Itests/cuda -o $@ $<

$(BUILD)/emulated/%.cu.o: %.cu $(BUILD)/flags | $(NEEDS)
	$(call say,CXX,"$< (emulated)")
	@mkdir -p $(@D)
	$(Q)$(emulate) -x c++ $<

$(BUILD)/emulated/%.cc.o: %.cc $(BUILD)/flags | $(NEEDS)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(emulate) $<

$(TWICE): $(BUILD)/emulated/%: $(BUILD)/tests/%.o $(EMULATED) \
                               $(BUILD)/libmas.a
	$(call say,LD,$@)
	$(Q)$(call link,-lcmocka -lstdc++)

ON_CARDS := $(addprefix $(BUILD)/emulated/,train record-activations align)
$(ON_CARDS): $(BUILD)/emulated/%: $(BUILD)/stages/%.o $(EMULATED) \
                                  $(BUILD)/libmas.a
	$(call say,LD,$@)
	$(Q)$(call link,-lstdc++)

# Kept, although nothing but a pattern asks for them. (Not all files: a lost
# secondary file would not be made again.)
.SECONDARY: $(TESTS:=.o) $(TESTS:$(BUILD)/%=$(BUILD)/double/%.o)

$(BUILD)/tests/%.o $(BUILD)/double/tests/%.o: override EXTRA += -Wno-conversion
$(BUILD)/tests/bench/peak.o: LANGUAGE += -ffp-contract=fast

# The version and the last commit that touched the code, as they are stamped
# into files. The stamp is remade, and version.c compiled, where they differ.
git    := git -c safe.directory='*' --no-optional-locks
CODE   := lib schemas stages
COMMIT := $(shell $(git) log -1 --format=%H -- $(CODE) 2>/dev/null)
COMMIT := $(if $(COMMIT),$(COMMIT)$(shell \
            $(git) diff --quiet HEAD -- $(CODE) || echo -dirty),unknown)

# kept,FILE,TEXT: a file of one line, remade where the line differs
same = $(and $(findstring <$1>,<$2>),$(findstring <$2>,<$1>))
define kept
$(BUILD)/$1: $(if $(call same,$2,$(file <$(BUILD)/$1)),,FORCE)
	@mkdir -p $$(@D)
	@echo '$2' >$$@
endef
$(eval $(call kept,version,$(VERSION) $(COMMIT)))
$(eval $(call kept,flags,$(strip $(CC) $(cflags) $(NVCC))))

VERSIONS := $(BUILD)/lib/version.o $(BUILD)/double/lib/version.o
$(VERSIONS): $(BUILD)/version
$(VERSIONS): override EXTRA += -DVERSION='"$(VERSION)"' -DCOMMIT='"$(COMMIT)"'

FORCE:

-include $(foreach d,lib lib/* schemas stages tests tests/*,\
             $(wildcard $(BUILD)/$d/*.d $(BUILD)/double/$d/*.d \
                        $(BUILD)/emulated/$d/*.d))

# ---- packages ----

# install,PACKAGES,CHECK: install the packages that are missing. Where there
# is no apt the CHECK decides whether what they hold is here under other names.
define install
	@if ! command -v apt-get >/dev/null; then \
	    if $(2); then exit 0; fi; \
	    echo "no apt-get here; needed, as Debian names them: $(strip $(1))"; \
	    exit 1; \
	fi; \
	missing=; \
	for p in $(1); do \
	    dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' \
	        || missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	[ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "  APT $$missing"; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get -qq update && \
	$$sudo apt-get -qq install -y --no-install-recommends $$missing >/dev/null
endef

deps:  ## install the Debian packages that are missing
	$(call install,$(DEBIAN),pkg-config --exists $(PACKAGES))

# And what Debian does not have (pynwb, ...), for tests that say so.
VENV := results/venv
deps-test: deps-python $(VENV)/ready  ## install what only the tests need

deps-python: deps
	$(call install,$(DEBIAN_TEST),pkg-config --exists cmocka && \
	    python3 -c 'import h5py; import scipy; import torch' 2>/dev/null)

$(VENV)/ready: tests/requirements.txt | $(if $(wildcard $(VENV)/ready),,deps-python)
	$(call say,PIP,$<)
	$(Q)rm -rf $(@D) && /usr/bin/python3 -m venv --system-site-packages $(@D) && \
	$(@D)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

deps-lint: deps-test  ## install what only lint and memcheck need
	$(call install,$(DEBIAN_LINT),command -v clang-tidy cppcheck valgrind)

# ---- tests ----

test: deps-test $(PROGRAMS) $(TESTS) $(TWICE) $(ON_CARDS)  ## run every test
	@tests/run.sh $(TESTS) $(TWICE) $(CHECKS)

check-of = $$(or $$(filter $$(BUILD)/tests/test_$$* tests/test_$$*.sh \
    $$(BUILD)/emulated/test_$$* tests/test_$$*.py,$$(TESTS) $$(TWICE) \
    $$(CHECKS)),$$(error no tests/test_$$*))
test-%: $(check-of) deps-test all $(ON_CARDS)  ## one test: tests/test_<name>.*
	@tests/run.sh $(filter $(TESTS) $(TWICE) $(CHECKS),$^)

BENCH         := $(RESULTS)/bench
BENCH_THREADS ?= 1 2
bench: $(BUILD)/bench/bench  ## time the loops, their operations, the kernels
	@mkdir -p $(BENCH)
	$(Q)$< all $(BENCH)/bench.tsv
	@echo $(BENCH)/bench.tsv

bench-maps: $(BUILD)/bench/bench  ## time the maps, by form and width
	@mkdir -p $(BENCH)
	$(Q)$< maps $(BENCH)/maps.tsv
	@echo $(BENCH)/maps.tsv

bench-scale: $(PROGRAMS)  ## time and memory as problems grow
	@rm -rf $(BENCH)/scale
	$(Q)/usr/bin/python3 tests/bench/scale.py $(BUILD) $(BENCH)
	@echo $(BENCH)/scale.tsv $(BENCH)/scale.svg $(BENCH)/scale.png

# The newest PyTorch, or where it cannot be had Debian's; remove the folder for
# a newer one.
TORCH := results/venv-torch
$(TORCH)/ready: tests/bench/requirements.txt | $(if $(wildcard $(TORCH)/ready),,deps-python)
	$(call say,PIP,$<)
	$(Q)rm -rf $(@D) && /usr/bin/python3 -m venv $(@D) && \
	{ $(@D)/bin/pip install -q --disable-pip-version-check -r $< || { \
	    echo "  the newest PyTorch cannot be had: Debian's it is"; \
	    /usr/bin/python3 -m venv --clear --system-site-packages $(@D); } } && \
	touch $@

bench-torch: $(BUILD)/bench/bench $(TORCH)/ready  ## the loops beside PyTorch's
	@mkdir -p $(BENCH)
	$(Q)PYTHONPATH=tests $(TORCH)/bin/python tests/bench/versus.py $< $(BENCH) \
	    $(BENCH_THREADS)
	@echo $(BENCH)/torch.tsv $(BENCH)/torch.svg $(BENCH)/torch.png

bench-cuda: $(BUILD)/bench/bench  ## the loops beside PyTorch's, on a card
	@$< find cuda
	@$(MAKE) --no-print-directory $(TORCH)/ready
	@mkdir -p $(BENCH)
	$(Q)PYTHONPATH=tests $(TORCH)/bin/python tests/bench/versus.py --device cuda \
	    $< $(BENCH) $(lastword $(BENCH_THREADS))
	@echo $(BENCH)/cuda.tsv $(BENCH)/cuda.svg $(BENCH)/cuda.png

check-layers:  ## check that includes obey lib/LAYERS
	@tests/check_layers.sh

coverage: | $(NEEDS)  ## line coverage of the tests, a line a module
	@rm -rf build/coverage
	@$(MAKE) --no-print-directory BUILD=build/coverage \
	    CFLAGS='-O0 -g --coverage' test
	@tests/coverage.sh build/coverage

SANITIZE := BUILD=build/sanitize RESULTS=build/sanitize/results \
            CFLAGS='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
            -fsanitize=address,undefined'
# What was freed is kept 16 MB long: a test copies states in little memory.
sanitize: | $(NEEDS)  ## tests and smoke under AddressSanitizer and UBSan
	@rm -rf build/sanitize/results
	@ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16 \
	    $(MAKE) --no-print-directory $(SANITIZE) test
	@$(MAKE) --no-print-directory $(SANITIZE) smoke

# Not initcheck: a batch's results come back in one copy, with rows that no lane
# has filled.
SANITIZER := $(firstword $(wildcard $(CUDA)/bin/compute-sanitizer) \
                         $(shell command -v compute-sanitizer))
PARITY    := $(TWICE:$(BUILD)/emulated/%=$(BUILD)/tests/%)
sanitize-cuda: $(PARITY)  ## kernels under compute-sanitizer
	@[ -n '$(SANITIZER)' ] || { \
	    echo 'no compute-sanitizer beside nvcc (package cuda-sanitizer)'; \
	    exit 69; }
	@! $< 2>&1 | grep -q SKIPPED || { echo 'no card is found here'; exit 69; }
	@for tool in memcheck racecheck synccheck; do \
	    echo "  $$tool"; \
	    RUN="$(SANITIZER) --tool $$tool --error-exitcode 9" \
	        tests/run.sh $^ || exit; \
	done

MINUTES ?= 30
FUZZ    := $(RESULTS)/fuzz
SOUND   := $(patsubst %,seeds/twin/%.h5,nan table_size nwb_back matlab_cut)
fuzz: deps-test  ## import changed files, MINUTES=30, and again with sanitizers
	@$(MAKE) --no-print-directory BUILD=build/undefined \
	    CFLAGS='-O1 -g -fno-sanitize-recover=all -fsanitize=undefined' \
	    build/undefined/fuzz/fuzz_import
	@$(MAKE) --no-print-directory $(SANITIZE) build/sanitize/fuzz/fuzz_import
	@rm -rf $(FUZZ) && mkdir -p $(FUZZ)/seeds
	@/usr/bin/python3 tests/hostile/make.py $(FUZZ)/seeds
	@cd $(FUZZ) && $(CURDIR)/build/undefined/fuzz/fuzz_import \
	    $$(($(MINUTES) * 60)) 1 . $(SOUND) seeds/twin/*.h5 seeds/*.h5
	@cd $(FUZZ) && ASAN_OPTIONS=allocator_may_return_null=1 \
	    $(CURDIR)/build/sanitize/fuzz/fuzz_import 0 1 . $(SOUND) \
	    seeds/*.h5 kept-*.h5

VALGRIND := valgrind -q --error-exitcode=9 --leak-check=full \
    --errors-for-leak-kinds=definite --child-silent-after-fork=yes
# valgrind 3.19 does not know AVX-512.
memcheck: export OPENBLAS_CORETYPE := Haswell
memcheck: export MAS_UNFILTERED := 1
memcheck: deps-lint $(PROGRAMS) $(TESTS)  ## tests and smoke under valgrind
	@RUN='$(VALGRIND)' tests/run.sh $(TESTS)
	@rm -rf build/memcheck
	@$(MAKE) --no-print-directory LAUNCH='$(VALGRIND)' \
	    RESULTS=build/memcheck smoke

SOURCES := $(COMMON) $(wildcard lib/device/*.c stages/*.c)
# clang 14 does not know that processors have levels (x86-64-v4).
lint: deps-lint  ## clang-tidy and cppcheck over lib, schemas and stages
	$(Q)printf '%s\n' $(SOURCES) | xargs -n 1 -P $$(nproc) sh -c ' \
	    clang-tidy --quiet $$1 -- $(LANGUAGE) -DVERSION=\"\" -DCOMMIT=\"\" \
	        "-D__builtin_cpu_supports(x)=1" -Itests/cuda \
	        $$(pkg-config --cflags $(PACKAGES)) 2>/dev/null' -
	$(Q)cppcheck --quiet --std=c11 --language=c --inline-suppr \
	    --enable=warning,performance,portability --error-exitcode=1 \
	    --suppress=missingIncludeSystem $(SOURCES)

# ---- the rest ----

install: $(PROGRAMS)  ## install the programs as PREFIX/bin/mas-*
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin
	$(Q)for p in $(^F); do \
	    install -m 755 $(BUILD)/$$p $(DESTDIR)$(PREFIX)/bin/mas-$$p || exit; \
	done

clean:  ## remove build/ (results/ stay)
	$(Q)rm -rf build

# How files are made, and one file of rules a figure.
include $(wildcard pipelines/rules.mk) \
        $(filter-out %/rules.mk,$(sort $(wildcard pipelines/*.mk)))
