# Sweeps on a pair of Multi-Object GRUs: how much does a number move with K
# (Count), and with the weight of the latent losses (Full and Count)? The latter
# of LSTMs too, whose states are of another scale.

SWEEP_PAIR := $(firstword $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT)))
SWEEP_LSTM := $(firstword $(call pairs,$(LSTM_MULTI_OBJECT),$(LSTM_MULTI_OBJECT)))

# Half of the units is what mas has without a K of its own, all of them what a
# linear map has: those alignments are other figures' too.
DIMS := $(if $(filter 48,$(WHOLE)),1 2 4 8 16 24 32 48,1 2 4 8)
DIMS_SWEEP := \
    $(call each,mas $(patsubst %,mas-k%,$(filter-out $(HALF),$(DIMS))),$(SWEEP_PAIR),count count) \
    $(call each-way,linear-map $(patsubst %,linear-map-k%,$(filter-out $(WHOLE),$(DIMS))),$(SWEEP_PAIR),count count)

# 0.3 is what cmas has without one of its own.
LAMBDAS := 0.01 0.03 0.1 0.3 0.5 0.7 0.9 0.97 0.99
LAMBDA := 0.3
LAMBDA_SWEEP := $(foreach v,full count,\
    $(call each,cmas $(patsubst %,cmas-lambda%,$(filter-out $(LAMBDA),$(LAMBDAS))),$(SWEEP_PAIR) $(SWEEP_LSTM),$v $v))

$(call figure,dims-sweep,$(DIMS_SWEEP))
dims-sweep:  ## IIA against K, for MAS and for linear maps
$(call figure,lambda-sweep,$(LAMBDA_SWEEP))
lambda-sweep:  ## IIA of CMAS against the weight of its latent losses
