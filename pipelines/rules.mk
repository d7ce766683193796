# rules.mk - how each kind of file is made: the only place that runs a stage.
#
# A figure's .mk says which alignments it is made of, by calling the functions
# at the end of this file; asking for an alignment brings the rules of all that
# it needs. The same alignment in two figures is one file.
#
# PROFILE  default; paper: no early stop; smoke: tiny, for tests
# SEEDS    models of each task and architecture: seeds 1, 2, ...
# PAIRING  which pairs of seeds: ring (i with i and i+1, so their number grows as
#          SEEDS; two seeds: all pairs), or all
# These name the folder, so that runs do not overwrite each other.
# LAUNCH   what to put before every stage: 'srun -Q -n1 -c1'
# THREADS  of each stage; make -j runs as many stages as there are cores
# DEVICE   where models and alignments are computed: cpu, cuda, auto. It remakes
#          nothing: each file says where it was made
# STRICT=1 makes files depend on the programs too
# TRAIN, PAIRS, ALIGN, RSA  more options of train, build-cf-latents, align and
#          rsa: make figure3 ALIGN='--lr 0.001' remakes what follows from it

PROFILE ?= default
SEEDS   ?= 2
DEVICE  ?= cpu
PAIRING ?= ring
$(if $(filter-out default paper smoke,$(PROFILE)),$(error PROFILE=$(PROFILE): want default, paper or smoke))
$(if $(filter-out ring all,$(PAIRING)),$(error PAIRING=$(PAIRING): want ring or all))
$(if $(filter-out cpu cuda auto,$(DEVICE)),$(error DEVICE=$(DEVICE): want cpu, cuda or auto))
LAUNCH  ?=
THREADS ?= 1
D       := $(RESULTS)/$(PROFILE)-$(SEEDS)seeds$(if $(filter-out ring,$(PAIRING)),-$(PAIRING))

# ---- options of the stages ----
#
# `override +=` adds to what the command line says; without it, what the command
# line says would be all.

TASKS := multi-object same-object arithmetic

# Data files of a task: for training, for alignments, for RSA. Transformers
# would count positions; voids keep them from it (USE_: what a type trains on).
DATA_train      := --split train=1024,valid=1024,test=10000 --seed 1
DATA_train-void  = $(DATA_train) --void-prob 0.2
USE_transformer-multi-object := train-void
DATA_align      := --split train=2000,valid=500,test=500 --seed 2
DATA_rsa        := --per-quantity 15 --seed 3
DATA_rsa_arithmetic := --per-quantity 30 --seed 3

# By task or architecture. Arithmetic needs a gate that remembers the number of
# operations, and more sequences than 1024, to learn when to end; transformers
# need more sequences too (README, deviations). What is built by hand only has
# to be checked.
TRAIN :=
TRAIN_arithmetic  := --init chrono --fresh
TRAIN_transformer := --fresh
TRAIN_three-part  := --width 3 --lr 0 --lr-min 0

PAIRS :=
ALIGN :=
RSA   :=

# quoted,TEXT: for the shell. spelt,VALUE: quoted where it has to be
quoted  = '$(subst ','\'',$1)'
SPECIAL := ' " $$ ` \ < > & | ; ( ) * ? ~
spelt   = $(if $(word 2,$1)$(strip $(foreach c,$(SPECIAL),$(findstring $c,$1))),$(quoted),$1)

# command,TARGET: what to type for it, with every variable that was typed (or,
# where the environment may say it, came from there) and changes a result.
command = $(strip make $1 $(TYPED))
CHANGES := PROFILE SEEDS PAIRING TASKS TRAIN% USE_% DATA_% PAIRS ALIGN RSA \
           WITHOUT_% HOLDING DIMS LAMBDA% PRETEND_% EPOCHS_% EXAMPLE_%
TYPED  := $(foreach v,$(filter $(CHANGES),$(.VARIABLES)),\
    $(if $(filter command environment,$(firstword $(origin $v))),$v=$(call spelt,$(value $v))))

# Units of a state that is as wide as train makes it, and half of them, which is
# what mas exchanges between two such.
WHOLE := 48
HALF  := 24

ifeq ($(PROFILE),paper)
override ALIGN += --no-early-stop
endif
ifeq ($(PROFILE),smoke)
WHOLE := 8
HALF  := 4
DATA_train := --split train=64,valid=32,test=32 --max-quantity 3 --seed 1
DATA_align := --split train=64,valid=32,test=32 --max-quantity 3 --seed 2
DATA_rsa   := --per-quantity 4 --max-quantity 3 --seed 3
DATA_rsa_arithmetic := $(DATA_rsa)
override TRAIN += --criterion none --epochs 3 --width 8
override PAIRS += --samples train=96,valid=32,test=32
override ALIGN += --epochs 2 --validate 2 --batch 32 --null-draws 5
override RSA   += --rows 20 --draws 3
endif

# ---- options as prerequisites ----
#
# A stamp holds a stage's options. It is compared when make starts and remade
# only where it differs, so that changing an option rebuilds its cone, and
# beside it the reports alone, which hold the command.

# stamp,NAME,OPTIONS: the file's rule, once
define stamp-rule
$(D)/options/$1: $(if $(call same,$(strip $2),$(strip $(file <$(D)/options/$1))),,FORCE)
	@mkdir -p $$(@D)
	@echo $(call quoted,$(strip $2)) | cmp -s - $$@ || echo $(call quoted,$(strip $2)) >$$@
endef
stamp = $(call once,options/$1,stamp-rule,$1,$2)$(D)/options/$1

# ---- stages ----

# Programs are order-only: a rebuilt program does not make its files stale.
program = $(if $(STRICT),$(BUILD)/$1,| $(BUILD)/$1)
stage   = $(call say,RUN,$(@F))$(newline)	$(Q)mkdir -p $(@D)$(newline)	$(Q)$(LAUNCH) $(BUILD)/$1 --threads $(THREADS)
define newline


endef

# on-device,SYSTEMS: what is built by hand is for the processor
on-device = $(if $(filter-out cpu,$(DEVICE)),$(if $(filter three-part-%,$1),,--device $(DEVICE)))

# A system is ARCH-TASK-sSEED, a type of system ARCH-TASK.
seed-of = $(patsubst s%,%,$(lastword $(subst -, ,$1)))
type-of = $(patsubst %-s$(call seed-of,$1),%,$1)
task-of = $(or $(strip $(foreach t,$(TASKS),$(if $(filter %-$t,$(call type-of,$1)),$t))),$(error $1: its task is not one of TASKS))
arch-of = $(patsubst %-$(call task-of,$1),%,$(call type-of,$1))
act = $(D)/activations/$1.$2.activations.h5
mod = $(D)/models/$1.model.h5

# data,TASK,USE
data-file    = $(D)/data/$1.$2.data.h5
data-options = $(or $(DATA_$2_$1),$(DATA_$2))
define data
$(call data-file,$1,$2): $(call stamp,gen-data-$1-$2,$(call data-options,$1,$2)) $(call program,gen-data)
	$$(call stage,gen-data) --task $1 $(call data-options,$1,$2) -o $$@
endef
need-data = $(call once,$1.$2,data,$1,$2)$(call data-file,$1,$2)

# model,SYSTEM
train-options = $(TRAIN) $(TRAIN_$(call task-of,$1)) $(TRAIN_$(call arch-of,$1))
train-data    = $(call need-data,$(call task-of,$1),$(or $(USE_$(call type-of,$1)),train))
define model
$(call mod,$1): $(call train-data,$1) \
        $(call stamp,train-$(call arch-of,$1)-$(call task-of,$1),$(call train-options,$1)) $(call program,train)
	$$(call stage,train) --data $$< --arch $(call arch-of,$1) --seed $(call seed-of,$1) \
	    $(call on-device,$1) $(call train-options,$1) -o $$@
endef
need-model = $(call once,$(call mod,$1),model,$1)$(call mod,$1)

# activations,SYSTEM,USE,TAG,OPTIONS: of SYSTEM.TAG, made with more options
define activations
$(call act,$1$3,$2): $(call need-model,$1) $(call need-data,$(call task-of,$1),$2) $(call program,record-activations)
	$$(call stage,record-activations) --model $$(word 1,$$^) \
	    --data $$(word 2,$$^) $(call on-device,$1) $4 -o $$@
endef
need-act = $(call once,$(call act,$1,$2),activations,$1,$2)$(call act,$1,$2)

# interventions,TARGET,SOURCE,SRC,TRG,DRAWN: DRAWN empty, .shuffled (the null)
# or .phase (source and target in equal phases)
site-of = $(if $(filter last_value,$1),embedding,hidden)
int = $(D)/interventions/$2.$3.to.$1.$4$5.interventions.h5
define interventions
$(call int,$1,$2,$3,$4,$5): $(call need-act,$1,align) $(call need-act,$2,align) \
        $(call stamp,build-cf-latents$5,$(PAIRS) $(drawn$5)) $(call program,build-cf-latents)
	$$(call stage,build-cf-latents) --target $(call act,$1,align) --source $(call act,$2,align) \
	    --variable $3:$4 --site $(call site-of,$4) $(PAIRS) $(drawn$5) -o $$@
endef
drawn.shuffled := --shuffle
drawn.phase    := --match phase
need-int = $(call once,$(call int,$1,$2,$3,$4,$5),interventions,$1,$2,$3,$4,$5)$(call int,$1,$2,$3,$4,$5)

# alignment,PRESET,SYSTEMS,VARIABLES,DRAWN,TAG,OPTIONS: the k-th variable
# belongs to the k-th system; TAG tells files of other OPTIONS apart. Presets
# of one direction go from the first system into the second; unimas and cmas
# hold the second, unless it is a recording (recording.SYSTEM), which has no
# model.
directions = $(if $(filter linear-map latent-stitching,$1),1:2,$(foreach j,$2,$(foreach i,$2,$j:$i)))
preset     = --preset $1$(if $(filter unimas cmas,$1),$(if $(recording.$(word 2,$2)),, --hold 2))
model-of   = $(if $(recording.$1),,$(call need-model,$1))
from    = $(word $(word 1,$(subst :, ,$1)),$2)
to      = $(word $(word 2,$(subst :, ,$1)),$2)
numbers = $(wordlist 1,$(words $1),1 2 3 4 5 6 7 8)
joined  = $(subst $() ,$2,$(strip $1))
comma   := ,
int-of  = $(call need-int,$(call to,$1,$2),$(call from,$1,$2),$(call from,$1,$3),$(call to,$1,$3),$4)
alignment-file = $(D)/alignments/$(call joined,$2,.).$(call joined,$3,-)$4.$1$5.alignment.h5
define alignment
$(call alignment-file,$1,$2,$3,$4,$5): $(foreach s,$2,$(call need-act,$s,align) $(call model-of,$s)) \
        $(foreach d,$(call directions,$1,$(call numbers,$2)),$(call int-of,$d,$2,$3,$4)) \
        $(call stamp,align$4$5,$6 $(ALIGN)) $(call program,align)
	$$(call stage,align) $(call on-device,$2) $(call preset,$1,$2) --site $(call site-of,$(firstword $3)) $6 $(ALIGN) \
	    $(foreach k,$(call numbers,$2),--system $k=$(call act,$(word $k,$2),align)$(addprefix $(comma),$(call model-of,$(word $k,$2)))) \
	    $(foreach d,$(call directions,$1,$(call numbers,$2)),--direction $d=$(call int-of,$d,$2,$3,$4)) \
	    -o $$@
endef

# similarity,SYSTEM1,SYSTEM2,SITE
similarity-file = $(D)/similarity/$1.$2.$3.similarity.h5
define similarity
$(call similarity-file,$1,$2,$3): $(call need-act,$1,rsa) $(call need-act,$2,rsa) \
        $(call stamp,rsa,$(RSA)) $(call program,rsa)
	$$(call stage,rsa) --site $3 $(RSA) --activations 1=$$(word 1,$$^) \
	    --activations 2=$$(word 2,$$^) -o $$@
endef

# ---- what a figure asks for ----

# once,KEY,RULE,ARGUMENTS: the rule, unless the key has been seen
once = $(if $(made.$1),,$(eval made.$1 := yes)$(eval $(call $2,$3,$4,$5,$6,$7,$8)))

# Each gives the name of a file and brings the rules that are not there yet.
need-alignment = $(call once,$(call alignment-file,$1,$2,$3,$4,$5),alignment,$1,$2,$3,$4,$5,$6)$(call alignment-file,$1,$2,$3,$4,$5)

# METHOD,SYSTEMS,VARIABLES[,DRAWN]: mas das unimas cmas linear-map linear-map-affine;
# METHOD-kK exchanges K dimensions, METHOD-lambdaL weighs latents by L.
preset-of = $(firstword $(subst -k, ,$(subst -lambda, ,$(subst -affine, ,$1))))
tag-of    = $(subst -,.,$(patsubst $(call preset-of,$1)%,%,$1))
options-of = $(if $(findstring -affine,$1),--map affine) $(if $(findstring -k,$1),--dims $(lastword $(subst -k, ,$1))) \
             $(if $(findstring -lambda,$1),--lambda $(lastword $(subst -lambda, ,$1)))
by   = $(call need-alignment,$(call preset-of,$1),$2,$3,$4,$(call tag-of,$1),$(strip $(call options-of,$1)))
null = $(call by,$1,$2,$3,.shuffled)
rsa  = $(call once,$(call similarity-file,$1,$2,$3),similarity,$1,$2,$3)$(call similarity-file,$1,$2,$3)

# Members of a type, by number: all of them; pairs across two types, and of
# different ones within a type, as I-J words.
SEED   := $(if $(word 2,$(SEEDS)),,$(filter $(SEEDS),2 3 4 5 6 7 8 9 10))
SEED   := $(wordlist 1,$(or $(SEED),$(error SEEDS=$(SEEDS): want 2 to 10)),1 2 3 4 5 6 7 8 9 10)
next   = $(or $(word $1,$(wordlist 2,$(SEEDS),$(SEED))),1)
ifeq ($(PAIRING),all)
ACROSS := $(foreach i,$(SEED),$(foreach j,$(SEED),$i-$j))
WITHIN := $(foreach i,$(SEED),$(foreach j,$(wordlist $i,$(SEEDS),$(wordlist 2,$(SEEDS),$(SEED))),$i-$j))
else
ACROSS := $(sort $(foreach i,$(SEED),$i-$i $i-$(call next,$i)))
WITHIN := $(foreach i,$(wordlist 2,$(SEEDS),$(SEED)),$(words $(wordlist 2,$i,$(SEED)))-$i) $(if $(word 3,$(SEED)),1-$(SEEDS))
endif

# Types of system.
GRU_ARITHMETIC   := gru-arithmetic
GRU_MULTI_OBJECT := gru-multi-object
GRU_SAME_OBJECT  := gru-same-object
LSTM_MULTI_OBJECT := lstm-multi-object
LSTM_SAME_OBJECT  := lstm-same-object
TRANSFORMER_MULTI_OBJECT := transformer-multi-object
THREE_PART := three-part-multi-object

# Seeds whose model does not meet the criterion within 4,000 epochs (found by
# training them); the next ones take their places.
WITHOUT_gru-multi-object := 2

# member,TYPE,K: the K-th system of a type
member = $1-s$(word $2,$(filter-out $(WITHOUT_$1),1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))

# pairs,TYPE1,TYPE2: pairs of systems, each joined by a +
pairs = $(foreach p,$(if $(filter $1,$2),$(WITHIN),$(ACROSS)),$(call member,$1,$(word 1,$(subst -, ,$p)))+$(call member,$2,$(word 2,$(subst -, ,$p))))
# triangle,TYPES: two by two, each with itself and the later ones, joined by a +
triangle = $(if $1,$(foreach t,$1,$(firstword $1)+$t) $(call triangle,$(wordlist 2,$(words $1),$1)))
# The systems of a pair, and the other way round.
two  = $(subst +, ,$1)
back = $(word 2,$(call two,$1)) $(word 1,$(call two,$1))

# METHODS,PAIRS,VARIABLES[,DRAWN]: alignments of each pair by each method; each-way: in
# both directions; first-null, null-way: one null a bar, its first pair's;
# each-das: METHOD (das, das-kK) of each seed of TYPES, the ceilings
each       = $(foreach m,$1,$(foreach p,$2,$(call by,$m,$(call two,$p),$3,$4)))
each-way   = $(foreach m,$1,$(foreach p,$2,$(call by,$m,$(call two,$p),$3,$4) $(call by,$m,$(call back,$p),$3,$4)))
first-null = $(if $2,$(foreach m,$1,$(call null,$m,$(call two,$(firstword $2)),$3)))
null-way   = $(if $2,$(foreach m,$1,$(call null,$m,$(call two,$(firstword $2)),$3) $(call null,$m,$(call back,$(firstword $2)),$3)))
each-das   = $(foreach t,$2,$(foreach k,$(SEED),$(call by,$1,$(call member,$t,$k),$3,$4)))
each-rsa   = $(foreach p,$1,$(call rsa,$(word 1,$(call two,$p)),$(word 2,$(call two,$p)),$2))

# drawn-rule,NAME: from report.h5 to pictures and page. The page comes last.
rsvg = $(call say,RSVG,$(@F))$(newline)	$(Q)part=$(@D)/.$(@F).$$$$.part; \
    SOURCE_DATE_EPOCH=0 rsvg-convert $1 -o $$part $< && chmod 444 $$part && \
    mv -f $$part $@ || { rm -f $$part; exit 1; }
FIGURES :=
define drawn-rule
FIGURES += $1
.PHONY: $1
$1: $(D)/$1/index.html

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

# figure,NAME,ALIGNMENTS,NULLS,CEILINGS,SIMILARITIES,PATHS,RECORDING,
# INTERVENTIONS: numbers, pictures, page; interventions are those into the
# recording
define figure-rule
ALIGNMENTS_$1 := $2 $3 $4
$(D)/$1/report.h5: $2 $3 $4 $5 $6 $7 $8 \
        $(call stamp,$1,$(call command,$1) $(notdir $2) null $(notdir $3) ceiling $(notdir $4) similarity $(notdir $5 $6 $7 $8)) \
        $(call program,report)
	$$(call stage,report) --figure $1 --command $(call quoted,$(call command,$1)) $(addprefix --alignment ,$2) \
	    $(addprefix --null ,$3) $(addprefix --ceiling ,$4) \
	    $(addprefix --similarity ,$5) $(addprefix --paths ,$6) \
	    $(addprefix --recording ,$7) $(addprefix --interventions ,$8) -o $$@

$(call drawn-rule,$1)
endef
figure = $(eval $(call figure-rule,$1,$2,$3,$4,$5,$6,$7,$8))

# Pairs of all types, two by two; and pairs of pairs of types apart.
all-pairs  = $(foreach t,$(call triangle,$1),$(call type-pairs,$t))
type-pairs = $(call pairs,$(firstword $(call two,$1)),$(lastword $(call two,$1)))

# mas-and-rsa,NAME,TYPES,CEILINGS: figures 2 and 8
mas-and-rsa = $(call figure,$1,\
    $(foreach v,full count last_value,$(call each,mas,$(call all-pairs,$2),$v $v)),\
    $(foreach t,$(call triangle,$2),$(foreach v,full count last_value,$(call first-null,mas,$(call type-pairs,$t),$v $v))),\
    $(foreach v,full count last_value,$(call each-das,das,$2,$v)) $3,\
    $(call each-rsa,$(call all-pairs,$2),hidden) $(call each-rsa,$(call all-pairs,$2),embedding))
