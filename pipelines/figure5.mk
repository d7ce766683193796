# Figure 5: a counting system built by hand, whose count a linear map can move and
# no exchange of a subspace can.

FIGURE5_PAIR := $(THREE_PART)-s1+$(THREE_PART)-s2

FIGURE5 := $(call each-way,linear-map linear-map-affine,$(FIGURE5_PAIR),count count) \
    $(call each,mas-k1 mas-k2 mas-k3,$(FIGURE5_PAIR),count count)

$(call figure,figure5,$(FIGURE5),,,,$(call need-act,$(THREE_PART)-s1,rsa))
figure5:  ## the hand-built three-part system: trajectories and IIA
