# Figure 5: a counting system built by hand, whose count a linear map can move and
# no exchange of a subspace can.

FIGURE5_PAIR := $(THREE_PART)-s1+$(THREE_PART)-s2

FIGURE5 := $(call each-way,linear-map linear-map-affine,$(FIGURE5_PAIR),count count) \
    $(call each,mas-k1 mas-k2 mas-k3,$(FIGURE5_PAIR),count count)

FIGURE5_NULL := $(call null-way,linear-map linear-map-affine,$(FIGURE5_PAIR),count count) \
    $(call first-null,mas-k1 mas-k2 mas-k3,$(FIGURE5_PAIR),count count)
FIGURE5_CEILING := $(foreach k,1 2 3,$(foreach s,1 2,$(call by,das-k$k,$(THREE_PART)-s$s,count)))

$(call figure,figure5,$(FIGURE5),$(FIGURE5_NULL),$(FIGURE5_CEILING),,$(call need-act,$(THREE_PART)-s1,rsa))
figure5:  ## the hand-built three-part system: trajectories and IIA
