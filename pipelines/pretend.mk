# Pretended recordings. Of a recording nobody knows the IIA into it: what can be
# measured is how near intervened states come to counterfactual latents. Here a
# model that could be run is a recording while CMAS learns (--hold 2, or states
# with noise and of a part of its units), and is then run to score what was
# learnt: does the distance tell the IIA? One thing at a time departs from the
# first alignment of each variable.

PRETEND_PAIR := $(call two,$(firstword $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT))))
PRETEND_VARIABLES := full count
PRETEND_LAMBDAS := 0.03 0.7 0.95
PRETEND_DIMS    := 12 6 3
PRETEND_NOISE   := 0.1 0.3 1
PRETEND_UNITS   := 24 12 6
PRETEND_SAMPLES := 3000 1000 300
ifeq ($(PROFILE),smoke)
PRETEND_LAMBDAS := 0.5
PRETEND_DIMS    := 2
PRETEND_NOISE   := 0.3
PRETEND_UNITS   := 4
PRETEND_SAMPLES := 48
endif

# Samples for training, and a tenth of them for validation; steps as many as
# 1,000 epochs of 10,000 samples make.
PRETEND_TEST   := $(if $(filter smoke,$(PROFILE)),32,1000)
PRETEND_EPOCHS = $(if $(filter smoke,$(PROFILE)),2,$(or $(EPOCHS_$1),20000))
EPOCHS_3000 := 3400
EPOCHS_1000 := 10000
$(foreach n,$(PRETEND_SAMPLES),$(eval drawn.n$n := --samples train=$n,valid=$(or $(patsubst %0,%,$(filter %0,$n)),16),test=$(PRETEND_TEST)))

# recorded,SYSTEM,TAG,OPTIONS: a system SYSTEM.TAG that is a recording of SYSTEM
recorded = $(eval recording.$1.$2 := yes)$(call once,$(call act,$1.$2,align),activations,$1,align,.$2,$3)$1.$2

# Of align's options, those that have an effect where nothing is learnt.
SCORING = $(filter --seed=% --null-draws=%,$(subst --seed ,--seed=,$(subst --null-draws ,--null-draws=,$(ALIGN))))

# truth,SYSTEM1,SYSTEM2,MODEL,VARIABLE: its maps, scored into the model that
# SYSTEM2 is a recording of
truth-file = $(patsubst %.alignment.h5,%.truth.alignment.h5,$(call alignment-file,cmas,$1 $2,$4 $4))
define truth-rule
$(call truth-file,$1,$2,$3,$4): $(call by,cmas,$1 $2,$4 $4) $(foreach s,$1 $3,$(call need-act,$s,align) $(call need-model,$s)) \
        $(foreach d,1:2 2:2,$(call int-of,$d,$1 $3,$4 $4)) $(call stamp,align-scoring,$(SCORING)) $(call program,align)
	$$(call stage,align) $(call on-device,$1 $3) --apply $$< $(SCORING) \
	    $(foreach k,1 2,--system $k=$(call act,$(word $k,$1 $3),align),$(call mod,$(word $k,$1 $3))) \
	    $(foreach d,1:2 2:2,--direction $d:score=$(call int-of,$d,$1 $3,$4 $4)) -o $$@
endef
truth = $(call once,$(call truth-file,$1,$2,$3,$4),truth-rule,$1,$2,$3,$4)$(call truth-file,$1,$2,$3,$4)

# Words LEARNT or LEARNT,TRUTH, of variable $1; the one that others depart from
# comes first.
pretend-of = $(call by,cmas,$(word 1,$(PRETEND_PAIR)) $1,$2 $2)$(comma)$(call truth,$(word 1,$(PRETEND_PAIR)),$1,$(word 2,$(PRETEND_PAIR)),$2)
pretend-list = \
    $(foreach m,cmas unimas $(PRETEND_LAMBDAS:%=cmas-lambda%) $(PRETEND_DIMS:%=cmas-k%),$(call by,$m,$(PRETEND_PAIR),$1 $1)) \
    $(foreach n,$(PRETEND_SAMPLES),$(call need-alignment,cmas,$(PRETEND_PAIR),$1 $1,.n$n,,--epochs $(call PRETEND_EPOCHS,$n))) \
    $(foreach n,$(PRETEND_NOISE),$(call pretend-of,$(call recorded,$(word 2,$(PRETEND_PAIR)),noise$n,--noise $n),$1)) \
    $(foreach n,$(PRETEND_UNITS),$(call pretend-of,$(call recorded,$(word 2,$(PRETEND_PAIR)),units$n,--units $n),$1))

PRETEND := $(foreach v,$(PRETEND_VARIABLES),$(call pretend-list,$v))
PRETEND_FILES := $(subst $(comma), ,$(PRETEND))
PRETEND_CEILINGS := $(foreach v,$(PRETEND_VARIABLES),$(foreach m,das $(PRETEND_DIMS:%=das-k%),$(call by,$m,$(word 2,$(PRETEND_PAIR)),$v)))

ALIGNMENTS_pretend := $(PRETEND_FILES) $(PRETEND_CEILINGS)

$(D)/pretend/report.h5: $(PRETEND_FILES) $(PRETEND_CEILINGS) \
        $(call stamp,pretend,$(call command,pretend) $(notdir $(PRETEND_FILES) $(PRETEND_CEILINGS))) \
        $(call program,report)
	$(call stage,report) --figure pretend --command $(call quoted,$(call command,pretend)) \
	    $(addprefix --pretend ,$(PRETEND)) $(addprefix --ceiling ,$(PRETEND_CEILINGS)) -o $@

$(eval $(call drawn-rule,pretend))
pretend:  ## does the distance to latents of a recording tell the IIA into it?
