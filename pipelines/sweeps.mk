# Sweeps: how much does a number move with K, and with the weight of the latent
# losses? Multi-Object GRUs, Count.

SWEEP_PAIR := $(firstword $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT)))

# Half of the units is what mas has without a K of its own, all of them what a
# linear map has: those alignments are other figures' too.
DIMS      := 1 2 4 8 16 24 32 48
DIMS_HALF := 24
DIMS_ALL  := 48
ifeq ($(PROFILE),smoke)
DIMS      := 1 2 4 8
DIMS_HALF := 4
DIMS_ALL  := 8
endif
DIMS_SWEEP := \
    $(call each,mas $(patsubst %,mas-k%,$(filter-out $(DIMS_HALF),$(DIMS))),$(SWEEP_PAIR),count count) \
    $(call each-way,linear-map $(patsubst %,linear-map-k%,$(filter-out $(DIMS_ALL),$(DIMS))),$(SWEEP_PAIR),count count)

LAMBDAS := 0.01 0.03 0.1 0.3 0.5 0.7 0.9 0.97 0.99
LAMBDA_SWEEP := $(foreach v,full count,\
    $(call each,$(patsubst %,cmas-lambda%,$(LAMBDAS)),$(SWEEP_PAIR),$v $v))

$(call figure,dims-sweep,$(DIMS_SWEEP))
dims-sweep:  ## IIA against K, for MAS and for linear maps
$(call figure,lambda-sweep,$(LAMBDA_SWEEP))
lambda-sweep:  ## IIA of CMAS against the weight of its latent losses
