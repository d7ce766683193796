# rules.mk - how each kind of file is made: the only place that runs a stage.
#
# A figure's .mk says which alignments it is made of, by calling the functions
# at the end of this file; asking for an alignment brings the rules of all that
# it needs. The same alignment in two figures is one file.
#
# PROFILE  default; paper: no early stop, to the letter; smoke: tiny, for tests
# SEEDS    model seeds of each task and architecture
# Both name the folder, so that runs do not overwrite each other.
# LAUNCH   what to put before every stage: 'srun -Q -n1 -c1'
# THREADS  of each stage; make -j runs as many stages as there are cores
# STRICT=1 makes files depend on the programs too
# TRAIN, PAIRS, ALIGN, RSA  more options of train, build-cf-latents, align and
#          rsa: make figure3 ALIGN='--lr 0.001' remakes what follows from it

PROFILE ?= default
SEEDS   ?= 2
LAUNCH  ?=
THREADS ?= 1
D       := $(RESULTS)/$(PROFILE)-$(SEEDS)seeds

# ---- options of the stages ----
#
# `override +=` adds to what the command line says; without it, what the command
# line says would be all.

TASKS := multi-object same-object arithmetic

# Data files of a task: for training, for alignments, for RSA.
DATA_train := --split train=1024,valid=1024,test=10000 --seed 1
DATA_align := --split train=2000,valid=500,test=500 --seed 2
DATA_rsa_multi-object := --per-quantity 15 --seed 3
DATA_rsa_same-object  := --per-quantity 15 --seed 3
DATA_rsa_arithmetic   := --per-quantity 30 --seed 3

# Arithmetic needs a gate that remembers the number of operations, and more
# sequences than 1024, to learn when to end (README, deviations).
TRAIN :=
TRAIN_arithmetic := --init chrono --fresh

PAIRS :=
ALIGN :=
RSA   :=

ifeq ($(PROFILE),paper)
override ALIGN += --no-early-stop
endif
ifeq ($(PROFILE),smoke)
DATA_train := --split train=64,valid=32,test=32 --max-quantity 3 --seed 1
DATA_align := --split train=64,valid=32,test=32 --max-quantity 3 --seed 2
DATA_rsa_multi-object := --per-quantity 4 --max-quantity 3 --seed 3
DATA_rsa_same-object  := --per-quantity 4 --max-quantity 3 --seed 3
DATA_rsa_arithmetic   := --per-quantity 4 --max-quantity 3 --seed 3
override TRAIN += --criterion none --epochs 3 --width 8
override PAIRS += --samples train=96,valid=32,test=32
override ALIGN += --epochs 2 --validate 2 --batch 32 --null-draws 5
override RSA   += --rows 20 --draws 3
endif

# ---- options as prerequisites ----
#
# A stamp holds a stage's options. It is compared when make starts and remade
# only where it differs, so that changing an option rebuilds its cone and
# nothing else.

same = $(and $(findstring <$1>,<$2>),$(findstring <$2>,<$1>))

# stamp,NAME,OPTIONS
define stamp
$(D)/options/$1: $(if $(call same,$(strip $2),$(file <$(D)/options/$1)),,FORCE)
	@mkdir -p $$(@D)
	@echo '$(strip $2)' | cmp -s - $$@ || echo '$(strip $2)' >$$@
endef

$(eval $(call stamp,gen-data-train,$(DATA_train)))
$(eval $(call stamp,gen-data-align,$(DATA_align)))
$(foreach t,$(TASKS),$(eval $(call stamp,gen-data-rsa-$t,$(DATA_rsa_$t))))
$(foreach t,$(TASKS),$(eval $(call stamp,train-$t,$(TRAIN) $(TRAIN_$t))))
$(eval $(call stamp,build-cf-latents,$(PAIRS)))
$(eval $(call stamp,align,$(ALIGN)))
$(eval $(call stamp,rsa,$(RSA)))

# ---- stages ----

# Programs are order-only: a rebuilt program does not make its files stale.
program = $(if $(STRICT),$(BUILD)/$1,| $(BUILD)/$1)
stage   = $(call say,RUN,$(@F))$(newline)	$(Q)mkdir -p $(@D)$(newline)	$(Q)$(LAUNCH) $(BUILD)/$1 --threads $(THREADS)
define newline


endef

# data,TASK,USE,STAMP,OPTIONS
define data
$(D)/data/$1.$2.data.h5: $(D)/options/$3 $(call program,gen-data)
	$$(call stage,gen-data) --task $1 $4 -o $$@
endef
$(foreach t,$(TASKS),\
    $(eval $(call data,$t,train,gen-data-train,$(DATA_train)))\
    $(eval $(call data,$t,align,gen-data-align,$(DATA_align)))\
    $(eval $(call data,$t,rsa,gen-data-rsa-$t,$(DATA_rsa_$t))))

# model,ARCH,TASK,SEED
define model
$(D)/models/$1-$2-s$3.model.h5: $(D)/data/$2.train.data.h5 \
        $(D)/options/train-$2 $(call program,train)
	$$(call stage,train) --data $$< --arch $1 --seed $3 \
	    $(TRAIN) $(TRAIN_$2) -o $$@
endef

# activations,SYSTEM,TASK,USE
define activations
$(D)/activations/$1.$3.activations.h5: $(D)/models/$1.model.h5 \
        $(D)/data/$2.$3.data.h5 $(call program,record-activations)
	$$(call stage,record-activations) --model $$(word 1,$$^) \
	    --data $$(word 2,$$^) -o $$@
endef

# interventions,TARGET,SOURCE,SRC,TRG,SHUFFLED: SHUFFLED empty or .shuffled
int = $(D)/interventions/$2.$3.to.$1.$4$5.interventions.h5
define interventions
$(call int,$1,$2,$3,$4,$5): $(call act,$1) $(call act,$2) \
        $(D)/options/build-cf-latents $(call program,build-cf-latents)
	$$(call stage,build-cf-latents) --target $(call act,$1) \
	    --source $(call act,$2) --variable $3:$4 $(PAIRS) \
	    $(if $5,--shuffle) -o $$@
endef

# alignment,PRESET,SYSTEMS,VARIABLES,SHUFFLED: all directions between the
# systems, the k-th variable belonging to the k-th system
directions = $(foreach j,$1,$(foreach i,$1,$j:$i))
from    = $(word $(word 1,$(subst :, ,$1)),$2)
to      = $(word $(word 2,$(subst :, ,$1)),$2)
numbers = $(wordlist 1,$(words $1),1 2 3 4 5 6 7 8)
int-of  = $(call int,$(call to,$1,$2),$(call from,$1,$2),$(call from,$1,$3),$(call to,$1,$3),$4)
define alignment
$(call alignment-file,$1,$2,$3,$4): \
        $(foreach s,$2,$(call act,$s) $(call mod,$s)) \
        $(foreach d,$(call directions,$(call numbers,$2)),$(call int-of,$d,$2,$3,$4)) \
        $(D)/options/align $(call program,align)
	$$(call stage,align) --preset $1 $(ALIGN) \
	    $(foreach k,$(call numbers,$2),--system $k=$(call act,$(word $k,$2)),$(call mod,$(word $k,$2))) \
	    $(foreach d,$(call directions,$(call numbers,$2)),--direction $d=$(call int-of,$d,$2,$3,$4)) \
	    -o $$@
endef

# similarity,SYSTEM1,SYSTEM2
define similarity
$(D)/similarity/$1.$2.similarity.h5: \
        $(D)/activations/$1.rsa.activations.h5 \
        $(D)/activations/$2.rsa.activations.h5 \
        $(D)/options/rsa $(call program,rsa)
	$$(call stage,rsa) $(RSA) --activations 1=$$(word 1,$$^) \
	    --activations 2=$$(word 2,$$^) -o $$@
endef

# ---- what a figure asks for ----
#
# A system is ARCH-TASK-sSEED. Each function brings the rules that are not
# there yet, and gives the name of the file.

act = $(D)/activations/$1.align.activations.h5
mod = $(D)/models/$1.model.h5
joined = $(subst $() ,$2,$(strip $1))
alignment-file = $(D)/alignments/$(call joined,$2,.).$(call joined,$3,-)$4.$1.alignment.h5

arch-of = $(firstword $(subst -, ,$1))
seed-of = $(patsubst s%,%,$(lastword $(subst -, ,$1)))
task-of = $(patsubst $(call arch-of,$1)-%,%,$(patsubst %-s$(call seed-of,$1),%,$1))

# once,FILE,RULE...: the rule, unless the file has one
MADE :=
once = $(if $(filter $1,$(MADE)),,$(eval MADE += $1)$(eval $2))

need-model = $(call once,$(call mod,$1),$(call model,$(call arch-of,$1),$(call task-of,$1),$(call seed-of,$1)))
need-act   = $(call need-model,$1)$(call once,$1.$2,$(call activations,$1,$(call task-of,$1),$2))
need-int   = $(call once,$(call int,$1,$2,$3,$4,$5),$(call interventions,$1,$2,$3,$4,$5))
need-alignment = $(foreach s,$2,$(call need-act,$s,align))\
    $(foreach d,$(call directions,$(call numbers,$2)),\
        $(call need-int,$(call to,$d,$2),$(call from,$d,$2),$(call from,$d,$3),$(call to,$d,$3),$4))\
    $(call once,$(call alignment-file,$1,$2,$3,$4),$(call alignment,$1,$2,$3,$4))

# mas,SYSTEMS,VARIABLES   null,SYSTEMS,VARIABLES   das,SYSTEM,VARIABLE
mas  = $(call need-alignment,mas,$1,$2,)$(call alignment-file,mas,$1,$2,)
null = $(call need-alignment,mas,$1,$2,.shuffled)$(call alignment-file,mas,$1,$2,.shuffled)
das  = $(call need-alignment,das,$1,$2,)$(call alignment-file,das,$1,$2,)

# rsa,SYSTEM1,SYSTEM2
rsa = $(call need-act,$1,rsa)$(call need-act,$2,rsa)$(call once,$1.$2.similarity,$(call similarity,$1,$2))$(D)/similarity/$1.$2.similarity.h5

# Seeds: all of them; all pairs across two types; pairs of different seeds
# within a type, as I-J words.
SEED   := $(wordlist 1,$(SEEDS),1 2 3 4 5 6 7 8 9 10)
ifneq ($(words $(SEED)),$(SEEDS))
$(error SEEDS=$(SEEDS): want 1 to 10)
endif
ACROSS := $(foreach i,$(SEED),$(foreach j,$(SEED),$i-$j))
WITHIN := $(foreach i,$(SEED),$(foreach j,$(wordlist $i,$(SEEDS),$(wordlist 2,$(SEEDS),$(SEED))),$i-$j))

# Types of system.
GRU_ARITHMETIC   := gru-arithmetic
GRU_MULTI_OBJECT := gru-multi-object
GRU_SAME_OBJECT  := gru-same-object

# pairs,TYPE1,TYPE2,SEEDPAIRS: the systems of each pair, joined by a +
pairs = $(foreach p,$3,$1-s$(word 1,$(subst -, ,$p))+$2-s$(word 2,$(subst -, ,$p)))
each-mas  = $(foreach p,$1,$(call mas,$(subst +, ,$p),$2))
# One null a bar: that of its first pair.
first-null = $(call null,$(subst +, ,$(firstword $1)),$2)

# figure,NAME,ALIGNMENTS,NULLS,CEILINGS,SIMILARITIES: numbers, pictures, page.
# The page comes last.
rsvg = $(call say,RSVG,$(@F))$(newline)	$(Q)part=$(@D)/.$(@F).$$$$.part; \
    SOURCE_DATE_EPOCH=0 rsvg-convert $1 -o $$part $< && chmod 444 $$part && \
    mv -f $$part $@ || { rm -f $$part; exit 1; }
define figure
.PHONY: $1
$1: $(D)/$1/index.html

$(D)/$1/report.h5: $2 $3 $4 $5 $(call program,report)
	$$(call stage,report) --figure $1 $(addprefix --alignment ,$2) \
	    $(addprefix --null ,$3) $(addprefix --ceiling ,$4) \
	    $(addprefix --similarity ,$5) -o $$@

$(D)/$1/$1.tsv $(D)/$1/$1.svg: $(D)/$1/report.h5 $(call program,report)
	$$(call stage,report) --draw $$< -o $$@

$(D)/$1/$1.pdf: $(D)/$1/$1.svg
	$$(call rsvg,-f pdf)

$(D)/$1/$1.png: $(D)/$1/$1.svg
	$$(call rsvg,-f png --zoom 3)

$(D)/$1/index.html: $(D)/$1/report.h5 $(call program,report) \
        $(patsubst %,$(D)/$1/$1.%,tsv svg pdf png)
	$$(call stage,report) --draw $$< -o $$@
	@echo '$1: $$@'
endef

# ---- smoke ----

.PHONY: smoke
smoke: | $(NEEDS) $(PROGRAMS)  ## figure 3 with tiny sizes, to see that everything runs
	@$(MAKE) --no-print-directory PROFILE=smoke figure3
